// What figures with a sliding window say alike: the size formula and a table of numbers.
"use strict";

(() => {
  const { element, format } = window.cnnFigures;

  // One line of a size formula: spoken as text, drawn as a fraction between brackets that round
  // down (floor) or up (ceil).
  function equation(name, above, below, result = "", { round = "floor", after = "+ 1" } = {}) {
    const spoken = `${round}((${above.join("")}) / ${below}) ${after}${result && ` = ${result}`}`;
    const parts = above.map((part) => element("span", { class: "cf-part" }, part));
    const drawn = element("span", { class: "cf-equation", "aria-hidden": "true" },
      element("span", { class: `cf-floor cf-${round}` },
        element("span", { class: "cf-above" }, ...parts),
        element("span", { class: "cf-below" }, String(below))),
      element("span", { class: "cf-part" }, result ? `${after} =` : after),
      element("strong", {}, result));
    return element("div", { class: "cf-line", "data-axis": name },
      element("span", { class: "cf-axis" }, name),
      element("span", { class: "cf-hidden" }, spoken), drawn);
  }

  // The size formula: in words, then with the reader's numbers, in one line where both axes agree.
  function sizes({ rows, columns }, words, below, line) {
    const alike = ["length", "size", "pad", "stride"].every((key) =>
      String(rows[key]) === String(columns[key]));
    const axes = alike ? [["rows and columns", rows]] : [["rows", rows], ["columns", columns]];
    return [
      element("p", { class: "cf-title" }, element("strong", {}, "Output size")),
      equation("in words", words, below, "", { round: rows.round }),
      ...axes.map(([name, axis]) => line(name, axis)),
    ];
  }

  function table(output, caption, label) {
    const rows = output.map((row, r) => element("tr", {},
      element("th", { scope: "row" }, `row ${r + 1}`),
      ...row.map((value) => element("td", {}, format(value)))));
    return element("div", { class: "cf-scroll", tabindex: 0, role: "region", "aria-label":
      label }, element("table", {}, element("caption", {}, caption),
      element("tbody", {}, ...rows)));
  }

  Object.assign(window.cnnFigures, { equation, sizes, table });
})();
