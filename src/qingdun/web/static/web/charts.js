// Draws every [data-chart]: the Vega-Lite specification stands beside it as a JSON data block. The bundle is fetched
// only by pages that hold a chart, and its expressions are interpreted (ast), never evaluated: the policy forbids eval.
"use strict";
(() => {
  const bundle = document.currentScript.dataset.bundle;
  let loading = null;

  function load() {
    loading = loading || new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = bundle;
      script.onload = done;
      script.onerror = failed;
      document.head.append(script);
    });
    return loading;
  }

  async function draw(figure) {
    figure.dataset.drawn = "yes";
    const spec = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    await load();
    await window.vegaEmbed(figure, spec, {
      actions: false, ast: true, defaultStyle: false, renderer: "canvas", mode: "vega-lite",
      tooltip: { disableDefaultStyle: true },
      loader: { target: "_self" },
    });
    figure.dataset.drawn = "done";
  }

  function instead(figure) { // the table holds the same values
    figure.hidden = true;
    figure.closest("figure").querySelector("details").open = true;
  }

  function drawAll() {
    for (const figure of document.querySelectorAll("[data-chart]:not([data-drawn])")) draw(figure).catch(() => instead(figure));
  }

  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("htmx:afterSwap", drawAll);
})();
