// Runs before the page is shown, so that a chosen appearance does not flicker: no module, no import.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // storage may be forbidden: the system's appearance then
}
