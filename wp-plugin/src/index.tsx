// The first import: DataViews asks for its own texts as soon as it is loaded.
import './data-views-texts.ts';
import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from '@wordpress/element';
import { createApi } from './api.ts';
import { App } from './app.tsx';
import { DeferralProvider } from './deeds/deferral.tsx';
import { NoticesProvider } from './deeds/notices.tsx';
import { createPageWalk } from './lists/page-walk.ts';
import { NowProvider } from './parts/now.tsx';
import { createQueryClient } from './queries.ts';
import type { Settings } from './settings.ts';
import './style.scss';
import { SurroundingsContext } from './surroundings.ts';

function start( root: HTMLElement, settings: Settings ): void {
	const client = createQueryClient( settings.preload );
	const surroundings = {
		settings,
		api: createApi( settings ),
		pageAt: createPageWalk(),
		locale: document.documentElement.lang || 'en',
	};
	createRoot( root ).render(
		<SurroundingsContext.Provider value={ surroundings }>
			<QueryClientProvider client={ client }>
				<NowProvider>
					<NoticesProvider>
						<DeferralProvider
							onDone={ () => void client.invalidateQueries() }
						>
							<App />
						</DeferralProvider>
					</NoticesProvider>
				</NowProvider>
			</QueryClientProvider>
		</SurroundingsContext.Provider>
	);
}

const root = document.getElementById( 'portcullis-root' );
if ( root !== null && window.portcullisSettings !== undefined ) {
	start( root, window.portcullisSettings );
}
