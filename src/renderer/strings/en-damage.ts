/**
 * What the damage layer of the restore page says.
 * catalogue.ts puts it beside the rest.
 */
export const enDamage = {
  'damage.show': 'Damage',
  'damage.showHint': 'Show the scratches and dust that were found, and paint what was missed (D)',
  'damage.layer': 'Damage, marked in red',
  'damage.tools': 'Paint damage',
  'damage.brush': 'Brush: mark damage (B)',
  'damage.eraser': 'Eraser: this is no damage (E)',
  'damage.size': 'Size',
  'damage.sizeHint': 'Smaller and larger: [ and ]',
  'damage.pixels': '{n} px',
  'damage.reset': 'As found',
  'damage.resetHint': 'Take back all strokes',
  'damage.clear': 'Clear',
  'damage.clearHint': 'Mark nothing, and paint it all by hand',
  'damage.done': 'Done (D)',
  'damage.looking': 'Looking for damage…',
  'damage.found': '{share} % of the photo is damaged',
  'damage.edited': '{share} % of the photo is marked',
  'damage.painted': 'painted by hand',
  'damage.viewer': 'Photo with its damage. Arrows move, space marks what is in the middle.',
} as const;
