// Pictures of a page are drawn when they come into view.
import { el } from "./dom.js";
import { saveSvg } from "./export.js";
import { drawPicture } from "./picture.js";

async function show(figure) {
  const place = figure.querySelector(".drawing");
  try {
    const response = await fetch(figure.dataset.picture);
    if (!response.ok) throw new Error(`${response.status}`);
    const data = await response.json();
    data.rows = data.rows.map((row) => row.map((place) => (place === null ? null : data.cells[place])));
    const drawn = await drawPicture(place, data);
    const save = figure.querySelector(".svg");
    save.hidden = false;
    save.querySelector("button").addEventListener("click", () => saveSvg(drawn.svg(), `${data.kind}.svg`, data.question));
    figure.dataset.state = "drawn";
  } catch (error) {
    // the table below says the same
    place.replaceChildren(el("p", { class: "warning" }, `${error.message ?? error}`));
    place.hidden = false;
    figure.dataset.state = "failed";
  }
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      show(target);
    }
  },
  { rootMargin: "400px" },
);
for (const figure of document.querySelectorAll("figure.picture")) {
  figure.dataset.state = "waiting";
  near.observe(figure);
}
