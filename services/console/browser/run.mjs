// Runs one scenario: node run.mjs NAME.
import { start, stop } from './look.mjs';

await start();
try {
  await (await import(`./scenarios/${process.argv[2]}.mjs`)).default();
} finally {
  await stop();
}
