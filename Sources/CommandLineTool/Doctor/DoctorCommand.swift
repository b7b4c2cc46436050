import ArgumentParser
import Courier
import Daemon
import Events
import FoundationEssentials
import Glibc

/// `eventually doctor`: what usually goes wrong, looked at in one go.
struct DoctorCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check what usually goes wrong, and name what helps.",
    usage: "eventually doctor [<options>]",
    discussion: """
      Checked are the folder of the sockets and the right to use it, every service's HTTP and log, \
      their versions, the owners of their files, the room on the disk of their state, the clock, and \
      what requires an operator.

      The exit code is 0 when all is well, and 1 when something is not.

      EXAMPLES
        eventually doctor
        eventually doctor --state /srv/eventually --port-base 4990 --json
      """)

  @Flag(help: "Print a JSON object for each check on a line.")
  var json = false

  @OptionGroup(title: "Where to look") var source: SourceOptions
  @OptionGroup(title: "Where to ask") var addresses: AddressOptions

  /// What was checked, and what was found.
  struct Check: Encodable, Hashable, Sendable {
    let name: String
    /// Nil where all is well.
    var problem: String?
  }

  func perform() async throws {
    var checks = [sockets()]
    checks += await logs()
    let clients = try Service.allCases.map(addresses.client)
    let statuses = await StatusCommand.statuses(clients)
    checks += Self.services(statuses, options: addresses.repeated)
    checks += [Self.versions(statuses), owners(), disk()].compactMap(\.self)
    checks.append(Self.clock(statuses))
    for check in checks { Output.data.line(json ? check.jsonLine : check.line) }
    let bad = checks.count { $0.problem != nil }
    guard bad == 0 else { throw Failure(.refused, "\(bad) of \(checks.count) checks failed") }
  }

  private var runFolder: String {
    absolute(
      Folders.ofThisProcess.run(source.run, state: source.state),
      in: Folders.ofThisProcess.working)
  }

  private func sockets() -> Check {
    var check = Check(name: "sockets in \(runFolder)")
    do {
      let folder = SocketFolder(runFolder)
      try folder.check(source.service)
      for endpoint in try source.sources().events {
        guard let place = SocketPlace(endpoint) else { continue }
        try place.check()
        guard place.finding == .missing else { continue }
        check.problem = "there is no socket \(place.path): is its service running?"
      }
    } catch {
      check.problem = "\(error)"
    }
    return check
  }

  private func logs() async -> [Check] {
    guard let sources = try? source.sources() else { return [] }
    let answers = (try? await StreamStatus.read(sources, notes: false)) ?? []
    let answering = Set(answers.map(\.stream))
    return sources.streams.map { stream in
      Check(
        name: "the log of \(stream)",
        problem: answering.contains(stream)
          ? nil : "it does not answer: restart its service, `systemctl restart \(stream)d`")
    }
  }

  static func services(_ statuses: [ServiceStatus], options: String) -> [Check] {
    statuses.map { status in
      let needs =
        StatusReport(statuses: [status], options: options).needs + (status.attention ?? [])
      return Check(
        name: "\(status.service) at \(status.address)",
        problem: needs.isEmpty ? nil : needs.joined(separator: "; "))
    }
  }

  /// Nil where no service says its version.
  static func versions(_ statuses: [ServiceStatus]) -> Check? {
    let versions = Set(statuses.compactMap { $0.vitals?.version })
    guard !versions.isEmpty else { return nil }
    return Check(
      name: "versions \(versions.sorted().joined(separator: ", "))",
      problem: versions.subtracting([systemVersion]).isEmpty
        ? nil : "this command has \(systemVersion): install one version everywhere")
  }

  /// The owners of the files of the services' state; nil where none of it can be looked at.
  private func owners() -> Check? {
    let folders = Service.allCases.map {
      Folders.ofThisProcess.state(of: $0.rawValue, named: source.state)
    }.filter { access($0, X_OK) == 0 }
    guard !folders.isEmpty else { return nil }
    let left = folders.flatMap(MisownedFile.all)
    return Check(
      name: "the owners of the files of services",
      problem: left.isEmpty ? nil : left.map(\.description).joined(separator: "; "))
  }

  /// The room on the disk of the state; nil where the state is not on this machine.
  private func disk() -> Check? {
    let folder = Folders.ofThisProcess.state(source.state)
    let place = FileManager.default.fileExists(atPath: folder) ? folder : "/var/lib/eventually"
    var space = statvfs()
    guard statvfs(place, &space) == 0 else { return nil }
    let free = (UInt64(space.f_bavail) * UInt64(space.f_frsize)) >> 20
    return Check(
      name: "the disk of \(place): \(free.grouped) MiB free",
      problem: free < 1024 ? "less than 1 GiB is free: make room before commands are refused" : nil)
  }

  static func clock(_ statuses: [ServiceStatus]) -> Check {
    let ahead = statuses.filter { ($0.bus?.stream.aheadOfClock ?? 0) > 0 }.map(\.service)
    return Check(
      name: "the clock",
      problem: ahead.isEmpty
        ? nil : "it is behind the logs of \(ahead.joined(separator: ", ")): set it, by NTP")
  }
}

extension DoctorCommand.Check {
  /// The check for people.
  var line: String {
    "\(problem == nil ? "ok " : "BAD") \(name)\(problem.map { ": \($0)" } ?? "")".escapedForTerminal
  }
}
