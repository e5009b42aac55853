module.exports = [
	...require( '@wordpress/scripts/config/eslint.config.cjs' ),
	{
		rules: {
			// Types name the parameters; a comment says what they do not.
			'jsdoc/require-param': 'off',
			'jsdoc/check-param-names': 'off',
		},
	},
];
