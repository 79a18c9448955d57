// What every page has: the choice of appearance, suggestions for the search.
import "./copy.js";
import { suggest } from "./suggest.js";

for (const form of document.querySelectorAll("form[data-suggest]")) suggest(form);

const choice = document.getElementById("theme");
if (choice) {
  choice.hidden = false;
  choice.value = document.documentElement.dataset.theme ?? "";
  choice.addEventListener("change", () => {
    if (choice.value) document.documentElement.dataset.theme = choice.value;
    else delete document.documentElement.dataset.theme;
    try {
      if (choice.value) localStorage.setItem("theme", choice.value);
      else localStorage.removeItem("theme");
    } catch {
      // it holds for this page then
    }
    document.dispatchEvent(new Event("themechange"));
  });
}
