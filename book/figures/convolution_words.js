// What the convolution explorer says: the sum of products, the size formula and the text.
"use strict";

(() => {
  const { MINUS, element, equation, format, sizes, table } = window.cnnFigures;

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

  function formula(result) {
    const value = ({ output }) =>
      (output > 0 ? String(output) : `${format(output)}, so there is none`);
    return sizes(result, ["image + padding ", `${MINUS} dilation·(kernel ${MINUS} 1) ${MINUS} 1`],
      "stride", (name, axis) => equation(name, numerator(axis), axis.stride, value(axis)));
  }

  function words(result, place, taps) {
    const said = sentence(result, place, taps);
    return { sentence: said, sum: sum(taps), formula: formula(result),
      text: [element("p", {}, said), ...(result.fits
        ? [table(result.output, "Every value of the output", "Output table")] : [])] };
  }

  Object.assign(window.cnnFigures.convolution, { misfit, words });
})();
