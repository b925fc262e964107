/**
 * A process of its own that reads, looks at, changes and writes one photo, and says what memory that took at most.
 * large.test.ts starts it.
 */
import { readPhotograph } from '../../../src/imaging/photograph/read.ts';
import { readRegion, writeRegion } from '../../../src/imaging/photograph/region.ts';
import { savePhotograph } from '../../../src/imaging/photograph/save.ts';
import { readScaled } from '../../../src/imaging/photograph/scaled.ts';

const [input = '', output = ''] = process.argv.slice(2);
const photo = await readPhotograph(input);
const { width, height } = photo;
const overview = await readScaled(photo, { left: 0, top: 0, width, height }, 640, 640);
const region = await readRegion(photo, { left: 1000, top: 2000, width: 1000, height: 1000 });
await writeRegion(photo, region, { ...region, data: region.data.map((v) => 0.5 * v) });
await savePhotograph(photo, output, { metadata: { software: 'Albumen' } });
const { maxRSS } = process.resourceUsage();
process.stdout.write(JSON.stringify({ width, height, overview: overview.data[0], megabytes: maxRSS / 1024 }));
