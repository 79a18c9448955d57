// What every page has: suggestions for the search, the choice of appearance.
import "./copy.js";
import { answered, asAsked } from "./files.js";
import { suggest } from "./suggest.js";

asAsked();

for (const form of document.querySelectorAll("form[data-suggest]")) {
  suggest(form);
  answered(form);
}

// what stands beside a list on a wide screen stands before it on a narrow one: closed, so that the list is seen
if (matchMedia("(max-width: 54rem)").matches) for (const details of document.querySelectorAll("details[data-narrow=closed]")) details.open = false;

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
  });
}
