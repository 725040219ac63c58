/** Wheel, fingers and keys on a chart. */

export interface Moves {
  /** Zoom by a factor around a part (0-1) of the range. */
  zoom(factor: number, around: number): void;
  /** Move by a part of the range. */
  pan(part: number): void;
  /** Put the cursor at a part (0-1) of the range. */
  point(part: number | null): void;
  key(event: KeyboardEvent): boolean;
}

/** The share of the plot's width at which a pointer is. */
function part(place: HTMLElement, x: number): number {
  const box = (place.querySelector(".u-over") ?? place).getBoundingClientRect();
  return Math.min(Math.max((x - box.left) / box.width, 0), 1);
}

export function listen(place: HTMLElement, moves: Moves): void {
  place.addEventListener("keydown", (event) => {
    if (moves.key(event)) event.preventDefault();
  });
  place.addEventListener(
    "wheel",
    (event) => {
      // A plain wheel scrolls the page, unless the chart was chosen before.
      const chosen = event.ctrlKey || event.metaKey || place === document.activeElement;
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
        event.preventDefault();
        moves.pan((event.deltaX || event.deltaY) / place.clientWidth);
      } else if (chosen) {
        event.preventDefault();
        moves.zoom(Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY / 300))), part(place, event.clientX));
      }
    },
    { passive: false },
  );
  fingers(place, moves);
}

function fingers(place: HTMLElement, moves: Moves): void {
  let apart = 0;
  let middle = 0;
  const measure = (touches: TouchList): [number, number] => {
    const [a, b] = [touches[0]!, touches[1]!];
    return [Math.abs(a.clientX - b.clientX), (a.clientX + b.clientX) / 2];
  };
  place.addEventListener("touchstart", (event) => {
    if (event.touches.length === 2) [apart, middle] = measure(event.touches);
  });
  place.addEventListener(
    "touchmove",
    (event) => {
      if (event.touches.length === 2) {
        event.preventDefault();
        const [now, at] = measure(event.touches);
        if (apart > 8 && now > 8) moves.zoom(apart / now, part(place, at));
        moves.pan((middle - at) / place.clientWidth);
        [apart, middle] = [now, at];
      } else {
        moves.point(part(place, event.touches[0]!.clientX));
      }
    },
    { passive: false },
  );
}
