/// <reference types="vite/client" />
declare module 'virtual:theme.css';
declare module '@fontsource-variable/inter/opsz.css';
declare module '@fontsource-variable/jetbrains-mono/index.css';
