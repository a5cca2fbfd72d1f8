// Sets the theme before anything is painted. A classic script in the head: a module would come too late.
;(() => {
  const wanted = localStorage.getItem('vigie-theme')
  const light = wanted === null ? matchMedia('(prefers-color-scheme: light)').matches : wanted === 'light'
  document.documentElement.dataset.theme = light ? 'light' : 'dark'
})()
