# What Ruby programs do with docker-api: one answer a line, to be compared between two hosts.
require "rubygems"
require "rubygems/package"
require "docker"
require "stringio"

Docker.url = ARGV[0]
Docker.options = { read_timeout: 20 }

def check(name)
  answer = yield
rescue StandardError => e
  answer = "#{e.class} #{e.message}"
ensure
  puts "#{name}: #{answer.inspect}"
end

def container(*command, **options)
  Docker::Container.create({ "Image" => "busybox", "Cmd" => command }.merge(options))
end

check("output") do
  box = container("echo", "hi").tap(&:start)
  [box.wait, box.logs(stdout: true), box.delete]
end

check("attach") do
  box = container("sh", "-c", "sleep 0.5; echo out; echo err >&2").tap(&:start)
  box.attach.tap { box.delete(force: true) }
end

check("stdin") do
  box = container("cat", "OpenStdin" => true, "StdinOnce" => true)
  box.tap(&:start).attach(stdin: StringIO.new("typed\n")).tap { box.delete(force: true) }
end

web = container("sleep", "100", "name" => "web").tap(&:start)

check("names") { Docker::Container.all.map { |one| one.info["Names"][0] } }
check("exec") { web.exec(["sh", "-c", "echo out; echo err >&2; exit 3"]) }
check("exec with stdin") { web.exec(["cat"], stdin: StringIO.new("in")) }
check("exec detached") { web.exec(%w[sleep 1], detach: true).class }
check("files") { web.store_file("/tmp/file", "content"); web.read_file("/tmp/file") }
check("export") { bytes = 0; web.export { |part| bytes += part.size }; bytes > 1_000_000 }
check("rename") { web.rename("site"); Docker::Container.get("site").json["Name"] }
check("conflict") { container("true", "name" => "site").class }
check("restart") { web.restart("t" => 0); web.json["State"]["Running"] }
check("missing") { Docker::Container.get("nobody") }

# The name of the container to connect is sent as "container", not as "Container".
check("network") do
  network = Docker::Network.create("net")
  network.connect("site")
  joined = network.json["Containers"].size
  network.disconnect("site")
  [joined, network.json["Containers"].size, network.remove]
end

check("volume") { Docker::Volume.create("vol").tap(&:remove).info["Driver"] }

check("commit") do
  image = web.commit("repo" => "copy", "tag" => "1")
  box = image.run("ls /tmp").tap(&:wait)
  [box.logs(stdout: true), box.delete, image.remove(force: true).size]
end

check("build") do
  image = Docker::Image.build("FROM busybox\nRUN touch /new\n")
  box = image.run("ls /new").tap(&:wait)
  [box.logs(stdout: true), box.delete, image.remove(force: true).size.positive?]
end

check("kill") { web.kill; web.wait["StatusCode"] }
check("end") { web.delete(force: true); Docker::Container.all(all: true).size }
