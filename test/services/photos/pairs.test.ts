/**
 * Which names are those of front and back, and which dates are in names. scan.test.ts sees them applied.
 */
import { describe, expect, it } from 'vitest';
import { captureDate } from '../../../src/services/photos/dates.ts';
import { pairsIn } from '../../../src/services/photos/pairs.ts';

const pairs = (...names: string[]) => Object.fromEntries(pairsIn(names));

describe('pairs', () => {
  it.each([
    ['sea_back.jpg', 'sea.jpg'],
    ['Sea-Back.JPG', 'sea.jpg'],
    ['sea-b.tif', 'sea.tif'],
    ['sea_b.jpg', 'sea_a.jpg'],
    ['sea (back).jpg', 'sea.jpg'],
    ['sea verso.jpg', 'sea recto.jpg'.replace(' ', '_')],
    ['IMG_0001_b.jpg', 'IMG_0001.jpg'],
    ['sea_Rückseite.jpg', 'sea.jpg'],
    ['sea_back.png', 'sea_front.png'],
    ['oma_0002.jpg', 'oma_0001.jpg'],
  ])('%s is the back of %s', (back, front) => {
    expect(pairs(back, front)).toEqual({ [back]: front });
    expect(pairs(front, back)).toEqual({ [back]: front });
  });

  it.each([
    [['sea_back.jpg']],
    [['IMG_0001.jpg', 'IMG_0002.jpg']],
    [['DSC 0001.jpg', 'DSC 0002.jpg']],
    [['oma_0001.jpg', 'oma_0002.jpg', 'oma_0003.jpg']],
    [['oma_0001.jpg', 'oma_0002.jpg', 'oma_12.jpg']],
    [['0001.jpg', '0002.jpg']],
    [['a.jpg', 'b.jpg']],
  ])('there are none among %j', (names) => {
    expect(pairs(...names)).toEqual({});
  });
});

describe('dates in names', () => {
  const of = (path: string): string => {
    const { at, precision, from } = captureDate({ captured: null, digitized: null }, path, 0);
    return from === 'mtime' ? 'none' : `${new Date(at).toISOString().slice(0, 19)} ${precision}`;
  };
  it.each([
    ['2004-07-12.jpg', '2004-07-12T00:00:00 day'],
    ['PXL_20210102_030405678.jpg', '2021-01-02T03:04:05 second'],
    ['IMG-20200131-WA0007.jpg', '2020-01-31T00:00:00 day'],
    ['2004-07-12 15.30.00.jpg', '2004-07-12T15:30:00 second'],
    ['1944/03/x.jpg', '1944-01-01T00:00:00 year'],
    ['1944-03 sea/x.jpg', '1944-03-01T00:00:00 month'],
    ['2004-07-12 sea/IMG_1.jpg', '2004-07-12T00:00:00 day'],
    ['2001-02-31.jpg', '2001-02-01T00:00:00 month'],
    ['sea 1931.jpg', '1931-01-01T00:00:00 year'],
    ['IMG_1931.jpg', 'none'],
    ['DSCN1999.jpg', 'none'],
    ['120041231.jpg', 'none'],
    ['x.jpg', 'none'],
  ])('%s: %s', (path, date) => {
    expect(of(path)).toBe(date);
  });

  it('are believed more than the day of the scan, and less than EXIF', () => {
    const scanned = { at: Date.UTC(2020, 0, 1), precision: 'second' } as const;
    expect(captureDate({ captured: null, digitized: scanned }, 'sea 1931.jpg', 0).from).toBe('name');
    expect(captureDate({ captured: null, digitized: scanned }, 'sea.jpg', 0)).toEqual({
      ...scanned,
      from: 'exif',
    });
    expect(captureDate({ captured: scanned, digitized: null }, 'sea 1931.jpg', 0).at).toBe(scanned.at);
  });

  it('stay in the years that a date may have, whatever the file system says', () => {
    for (const mtime of [-1e20, 1e20, -0.5])
      expect(
        Number.isNaN(new Date(captureDate({ captured: null, digitized: null }, 'x', mtime).at).getTime()),
      ).toBe(false);
  });
});
