// What JavaScript programs do with dockerode: one answer a line, to be compared between two hosts.
const Docker = require('dockerode');
const { PassThrough } = require('stream');
const tar = require('tar-stream');

const { hostname, port } = new URL(process.argv[2].replace('tcp:', 'http:'));
const docker = new Docker({ host: hostname, port, timeout: 20000 });

async function check(name, work) {
  let answer;
  try {
    answer = await work();
  } catch (error) {
    answer = [error.statusCode, (error.json || {}).message || error.reason || error.message];
  }
  console.log(`${name}: ${JSON.stringify(answer)}`);
}

function text(stream) {
  return new Promise((done, fail) => {
    const parts = [];
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => done(Buffer.concat(parts).toString()));
    stream.on('error', fail);
  });
}

async function outputs(stream) {
  const [out, err] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, out, err);
  stream.on('end', () => { out.end(); err.end(); });
  return Promise.all([text(out), text(err)]);
}

function progress(stream) {
  return new Promise((done, fail) =>
    docker.modem.followProgress(stream, (error, lines) => (error ? fail(error) : done(lines))));
}

function archive(name, content) {
  const packed = tar.pack();
  packed.entry({ name }, content);
  packed.finalize();
  return packed;
}

async function run(image, command) {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const texts = Promise.all([text(out), text(err)]);
  const [end, box] = await docker.run(image, command, [out, err], { Tty: false });
  out.end();
  err.end();
  await box.remove();
  return [end.StatusCode, ...(await texts)];
}

async function main() {
  // dockerode sends the options of an attach as its body, too.
  await check('run', () => run('busybox', ['sh', '-c', 'echo out; echo err >&2; exit 4']));

  await check('attach with stdin', async () => {
    const box = await docker.createContainer({
      Image: 'busybox', Cmd: ['cat'], OpenStdin: true, StdinOnce: true, AttachStdin: true,
    });
    const stream = await box.attach({ stream: true, stdin: true, stdout: true, hijack: true });
    await box.start();
    stream.end('hello\n');
    const heard = await outputs(stream);
    await box.remove({ force: true });
    return heard;
  });

  const web = await docker.createContainer({ name: 'web', Image: 'busybox', Cmd: ['sleep', '100'] });
  await web.start();

  await check('list', async () => (await docker.listContainers()).map((one) => one.Names[0]));
  await check('start again', () => web.start());
  await check('conflict', async () => typeof await docker.createContainer({ name: 'web', Image: 'busybox' }));
  await check('missing', () => docker.getContainer('nobody').inspect());

  await check('exec', async () => {
    const options = { Cmd: ['sh', '-c', 'echo out; exit 3'], AttachStdout: true };
    const exec = await web.exec(options);
    const heard = await outputs(await exec.start({}));
    return [heard, (await exec.inspect()).ExitCode];
  });

  await check('exec with stdin', async () => {
    const exec = await web.exec({ Cmd: ['cat'], AttachStdin: true, AttachStdout: true });
    const stream = await exec.start({ hijack: true, stdin: true });
    stream.end('typed');
    return outputs(stream);
  });

  await check('files', async () => {
    await web.putArchive(archive('file', 'content'), { path: '/tmp' });
    return (await text(await web.getArchive({ path: '/tmp/file' }))).includes('content');
  });

  await check('stats', async () => {
    const stream = await web.stats();
    const first = await new Promise((done) => stream.once('data', done));
    stream.destroy();
    return JSON.parse(first).name;
  });

  await check('build', async () => {
    const context = archive('Dockerfile', 'FROM busybox\nRUN touch /new\n');
    const lines = await progress(await docker.buildImage(context, { t: 'built:1' }));
    const steps = lines.filter((line) => (line.stream || '').startsWith('Step'));
    const ran = await run('built:1', ['ls', '/new']);
    await docker.getImage('built:1').remove();
    return [steps, ran];
  });

  await check('network', async () => {
    const network = await docker.createNetwork({ Name: 'net' });
    await network.connect({ Container: 'web' });
    const joined = Object.keys((await network.inspect()).Containers).length;
    await network.disconnect({ Container: 'web' });
    await network.remove();
    return joined;
  });

  await check('wait', async () => {
    const ended = web.wait();
    await web.kill();
    return (await ended).StatusCode;
  });
  await check('end', async () => {
    await web.remove({ force: true });
    return (await docker.listContainers({ all: true })).length;
  });
}

main();
