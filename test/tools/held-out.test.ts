/**
 * The evaluation's split is the training's: names whose answers were computed by the Python recipe, and a small table.
 * prior-report.test.ts is about what is made of the figures.
 */
import { expect, test } from 'vitest';
import { groupOf, heldOutFaces, isHeldOut, spread } from '../../tools/eval/held-out.ts';

test('the same names are held out as by hashlib.sha1(name.encode()).digest()[0] < 13', () => {
  const names = ['a.jpg', ...Array.from({ length: 100 }, (_, i) => `face-${i}.jpg`)];
  expect(names.filter(isHeldOut)).toEqual([2, 29, 32, 36, 41, 45, 61, 65].map((i) => `face-${i}.jpg`));
});

test('of those, the ones large and sharp enough, in two groups', () => {
  const table = [
    'file,side,size,sharpness,contrast,colour,tier,source,score',
    'face-65.jpg,192.0,192,150,1,1,"born>=1820, died<=1955",a/b.jpg,0.9',
    'face-2.jpg,102.4,102,200,1,1,x,a/b.jpg,0.9',
    'face-29.jpg,102.3,102,200,1,1,too small,a/b.jpg,0.9',
    'face-32.jpg,192.0,192,149.9,1,1,too blurred,a/b.jpg,0.9',
    'face-3.jpg,192.0,192,200,1,1,trained on,a/b.jpg,0.9',
  ];
  expect(heldOutFaces(table.join('\n'), { size: 128, sharpness: 150 })).toEqual({
    legislators: ['face-2.jpg', 'face-65.jpg'],
    diverse: [],
  });
  expect(groupOf('d-0001.jpg')).toBe('diverse');
  expect(() => heldOutFaces('name,side\na,1', { size: 128, sharpness: 150 })).toThrow('internal: ');
});

test('spread evenly', () => {
  expect(spread([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 2)).toEqual([2, 7]);
  expect(spread([1, 2], 5)).toEqual([1, 2]);
});
