/** Styles that webpack takes out of the script. */
declare module '*.scss';
