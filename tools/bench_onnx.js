// bench_onnx.js NETWORK.onnx THREADS RUNS: a network in ONNX Runtime, from a folder that has onnxruntime-node.
// Prints what `darknet mafat bench` prints under the same keys: a warm-up, then RUNS whole passes.
const { readFileSync } = require('fs');
const runtime = require(require.resolve('onnxruntime-node', { paths: [process.cwd()] }));

async function main() {
    const [network, threads, runs] = process.argv.slice(2);
    const session = await runtime.InferenceSession.create(network, {
        intraOpNumThreads: Number(threads), interOpNumThreads: 1, graphOptimizationLevel: 'all' });
    const { name, shape } = session.inputMetadata[0];
    const pixels = Float32Array.from({ length: shape.reduce((n, side) => n * side) }, Math.random);
    const input = { [name]: new runtime.Tensor('float32', pixels, shape) };
    const latency = [];
    for (let run = 0; run <= Number(runs); run++) {
        const begin = process.hrtime.bigint();
        await session.run(input);
        latency.push(Number(process.hrtime.bigint() - begin) / 1e9);
    }
    latency.shift();
    latency.sort((a, b) => a - b);
    const half = latency.length >> 1;
    console.log(`onnxruntime: ${runtime.env.versions.node}`);
    console.log(`latency_s_median: ${latency.length % 2 ? latency[half] : (latency[half - 1] + latency[half]) / 2}`);
    console.log(`peak_rss_bytes: ${/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1] * 1024}`);
}

main().catch((error) => {
    console.error(error.message);
    process.exit(1);
});
