/**
 * Pictures for windows under test: landscapes and portraits drawn from a number, as SVG, so that nobody's photos are
 * needed. studio.ts shows them.
 */

/** The same number, the same picture. */
export function pictureOf(n: number, width: number, height: number): string {
  const hue = (n * 47) % 360;
  const hills = Array.from({ length: 3 }, (_, i) => {
    const y = height * (0.5 + 0.15 * i);
    const bend = height * 0.12 * Math.sin(n + 2 * i);
    const light = 62 - 14 * i;
    return `<path d="M0 ${y} Q${width / 2} ${y - bend} ${width} ${y} V${height} H0Z" fill="hsl(${hue + 18 * i} 28% ${light}%)"/>`;
  });
  const sun = `<circle cx="${width * (0.2 + 0.6 * ((n * 0.37) % 1))}" cy="${height * 0.25}" r="${height * 0.08}" fill="hsl(${hue + 40} 70% 88%)"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><rect width="100%" height="100%" fill="hsl(${hue} 35% 80%)"/>${sun}${hills.join('')}${n % 3 === 0 ? personOf(n, width, height) : ''}</svg>`;
}

/** A head and shoulders where faceBox says. */
function personOf(n: number, width: number, height: number): string {
  const { left, top, width: w } = faceBox(width, height);
  const [x, y, r] = [left + w / 2, top + w / 2, w / 2];
  const skin = `hsl(${20 + (n % 5) * 4} 40% ${50 + (n % 4) * 9}%)`;
  const eye = (dx: number): string =>
    `<circle cx="${x + dx * r}" cy="${y - 0.15 * r}" r="${0.09 * r}" fill="#2a2018"/>`;
  return `<ellipse cx="${x}" cy="${y + 2.4 * r}" rx="${1.9 * r}" ry="${1.4 * r}" fill="hsl(${(n * 91) % 360} 25% 35%)"/><ellipse cx="${x}" cy="${y}" rx="${0.82 * r}" ry="${r}" fill="${skin}"/>${eye(-0.32)}${eye(0.32)}<path d="M${x - 0.3 * r} ${y + 0.4 * r} q${0.3 * r} ${0.2 * r} ${0.6 * r} 0" stroke="#6b3b2c" stroke-width="${0.07 * r}" fill="none"/>`;
}

export function faceBox(
  width: number,
  height: number,
): { left: number; top: number; width: number; height: number } {
  const side = 0.34 * Math.min(width, height);
  return { left: width / 2 - side / 2, top: 0.28 * height, width: side, height: side };
}
