// What the convolution explorer says: the sum of products, the size formula and the text.
"use strict";

(() => {
  const { MINUS, element, format } = window.cnnFigures;

  // A factor that a dot can stand beside: -2 and 1/9 go into brackets.
  function factor(value) {
    const text = format(value);
    return value < 0 || text.includes("/") ? `(${text})` : text;
  }

  const total = (taps) => taps.reduce((sum, tap) => sum + tap.product, 0);

  function sum(taps) {
    const terms = taps.flatMap((tap, i) => [i ? " + " : "", element("span",
      { class: tap.product === 0 ? "cf-term cf-zero" : "cf-term" },
      `${factor(tap.value)}·${factor(tap.weight)}`)]);
    return [...terms, " = ", element("strong", { class: "cf-total" }, format(total(taps)))];
  }

  function misfit({ rows, columns }) {
    const spread = rows.dilation > 1
      ? ` (dilation ${rows.dilation} spreads ${rows.size} × ${columns.size} weights so far)` : "";
    return `The kernel does not fit: its window is ${rows.reach} × ${columns.reach}${spread}, ` +
      `and the padded image only ${rows.padded} × ${columns.padded}. Give it a larger image, ` +
      "a smaller kernel, less dilation or more padding.";
  }

  function sentence(result, place, taps) {
    const { rows, columns, fits } = result;
    if (!fits) return misfit(result);
    const terms = taps.filter((tap) => tap.product !== 0)
      .map((tap) => `${format(tap.value)} times ${format(tap.weight)}`);
    const added = terms.length ? `${terms.join(" plus ")} makes ${format(total(taps))}`
      : "every product is 0";
    return `Output row ${place[0] + 1} of ${rows.output}, column ${place[1] + 1} of ` +
      `${columns.output}: ${added}.`;
  }

  function numerator({ length, pad, dilation, size }) {
    const added = pad[0] === pad[1] ? `2·${pad[0]}` : `${pad[0]} + ${pad[1]}`;
    return [`${length} + ${added} `, `${MINUS} ${dilation}·(${size} ${MINUS} 1) ${MINUS} 1`];
  }

  // One line of the formula: spoken as text, drawn as a fraction between floor brackets.
  function equation(name, above, below, result = "") {
    const spoken = `floor((${above.join("")}) / ${below}) + 1${result && ` = ${result}`}`;
    const parts = above.map((part) => element("span", { class: "cf-part" }, part));
    const drawn = element("span", { class: "cf-equation", "aria-hidden": "true" },
      element("span", { class: "cf-floor" }, element("span", { class: "cf-above" }, ...parts),
        element("span", { class: "cf-below" }, String(below))),
      element("span", { class: "cf-part" }, result ? "+ 1 =" : "+ 1"),
      element("strong", {}, result));
    return element("div", { class: "cf-line", "data-axis": name },
      element("span", { class: "cf-axis" }, name),
      element("span", { class: "cf-hidden" }, spoken), drawn);
  }

  function formula({ rows, columns }) {
    const alike = ["length", "size", "pad"].every((key) =>
      String(rows[key]) === String(columns[key]));
    const axes = alike ? [["rows and columns", rows]] : [["rows", rows], ["columns", columns]];
    const value = ({ output }) =>
      (output > 0 ? String(output) : `${format(output)}, so there is none`);
    return [
      element("p", { class: "cf-title" }, element("strong", {}, "Output size")),
      equation("in words",
        ["image + padding ", `${MINUS} dilation·(kernel ${MINUS} 1) ${MINUS} 1`], "stride"),
      ...axes.map(([name, axis]) => equation(name, numerator(axis), axis.stride, value(axis))),
    ];
  }

  function table(output) {
    const rows = output.map((row, r) => element("tr", {},
      element("th", { scope: "row" }, `row ${r + 1}`),
      ...row.map((value) => element("td", {}, format(value)))));
    return element("div", { class: "cf-scroll", tabindex: 0, role: "region", "aria-label":
      "Output table" }, element("table", {}, element("caption", {}, "Every value of the output"),
      element("tbody", {}, ...rows)));
  }

  function words(result, place, taps) {
    const said = sentence(result, place, taps);
    return { sentence: said, sum: sum(taps), formula: formula(result),
      text: [element("p", {}, said), ...(result.fits ? [table(result.output)] : [])] };
  }

  Object.assign(window.cnnFigures.convolution, { misfit, words });
})();
