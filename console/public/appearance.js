// Runs before the first paint, so that a page that is to be dark is never light for an instant.
const chosen = localStorage.getItem('silhouette.appearance')
if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.colorScheme = chosen
