/** A cell of the harness's own test: says the kilometres it is given, fails without, hangs when told to. */
const at = process.argv.indexOf('--km')
if (at < 0) throw new Error('which way?')
if (process.argv.includes('--hang')) setInterval(() => undefined, 1000)
else console.log(JSON.stringify({ km: Number(process.argv[at + 1]) }))
