"use strict";
(() => {
  const texts = new Map();
  const textOf = (gap) => {
    if (!texts.has(gap)) texts.set(gap, gap.textContent.toLowerCase());
    return texts.get(gap);
  };
  const filter = (form, root, output) => {
    const gaps = [...root.querySelectorAll(".gap")].filter((gap) => !gap.parentElement.closest(".gap"));
    const apply = () => {
      const chosen = new FormData(form);
      const severities = new Set(chosen.getAll("severity"));
      const code = chosen.get("code");
      const words = chosen.get("text").toLowerCase().split(/\s+/).filter(Boolean);
      let found = 0;
      for (const gap of gaps) {
        const fits = severities.has(gap.dataset.severity) && (!code || gap.dataset.code === code)
          && words.every((word) => textOf(gap).includes(word));
        gap.hidden = !fits;
        found += fits;
      }
      for (const group of root.querySelectorAll(".group")) group.hidden = !group.querySelector(".gap:not([hidden])");
      output.textContent = `${found.toLocaleString("en")} of ${gaps.length.toLocaleString("en")} shown`;
    };
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    apply();
  };
  const gapForm = document.getElementById("filters");
  if (gapForm) filter(gapForm, gapForm.closest("section"), document.getElementById("found"));
  for (const form of document.querySelectorAll("form.filters:not(#filters)")) {
    filter(form, form.nextElementSibling, form.querySelector("output"));
  }

  const copy = async (block, button) => {
    const text = block.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(block);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };
  for (const block of document.querySelectorAll("pre.copy")) {
    const frame = document.createElement("div");
    const button = document.createElement("button");
    frame.className = "copyframe";
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", () => copy(block, button));
    block.replaceWith(frame);
    frame.append(block, button);
  }

  const closed = new Set();
  addEventListener("beforeprint", () => {
    for (const d of document.querySelectorAll("details:not([open])")) { closed.add(d); d.open = true; }
  });
  addEventListener("afterprint", () => { for (const d of closed) d.open = false; closed.clear(); });
})();
