// Speak the reason for an answer when it is chosen; the style sheet shows it.
"use strict";

document.addEventListener("change", (event) => {
  const answer = event.target.closest(".quiz-answer");
  if (!answer) return;
  const spoken = answer.closest(".quiz").querySelector(".quiz-spoken");
  spoken.textContent = answer.querySelector(".quiz-why").textContent;
});
