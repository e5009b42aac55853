import standard from '@wordpress/scripts/config/webpack.config.js';

// The size has a limit of its own, in build.test.ts: DataViews alone is over webpack's.
export default { ...standard, performance: false };
