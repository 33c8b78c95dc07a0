// Preloaded by the bootstrap: the process ends when the bootstrap is killed outright. It runs in a process group of its
// own, so that whoever kills the whole group of an `npm start` would otherwise leave it behind.
if (process.env.ARCHIPEL_LIFELINE) {
  const { Socket } = await import('node:net')
  const lifeline = new Socket({ fd: Number(process.env.ARCHIPEL_LIFELINE) })
  delete process.env.ARCHIPEL_LIFELINE
  lifeline.once('close', () => process.kill(process.pid, 'SIGKILL'))
  lifeline.resume()
  lifeline.unref()
}
