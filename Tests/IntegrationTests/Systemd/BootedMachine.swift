import Foundation
import Glibc
import Testing

/// A machine of its own: Debian with systemd as its first process, in a container.
///
/// It is used as an operator uses one: by commands, and by HTTP. It shares the network of the tests,
/// which `make test-systemd` therefore starts in a network namespace of their own.
final class BootedMachine: Sendable {
  /// The root folder.
  let root: String
  private let container: ChildProcess
  /// The process that is systemd.
  private let first: pid_t

  private init(root: String, container: ChildProcess, first: pid_t) {
    self.root = root
    self.container = container
    self.first = first
  }

  /// Boots a copy of a root folder, and waits until systemd has started what it starts at boot.
  fileprivate static func boot(_ root: String) async throws -> BootedMachine {
    let container = try ChildProcess(
      "/usr/bin/systemd-nspawn",
      [
        "--quiet", "--directory", root, "--boot", "--register=no", "--keep-unit",
        "--machine=machine", "--console=pipe", "--resolv-conf=off", "--timezone=off",
      ], folder: "/")
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end, !container.hasEnded {
      // systemd is the container's one child, and cannot be asked before it has its bus.
      let children = try? String(
        contentsOfFile: "/proc/\(container.pid)/task/\(container.pid)/children", encoding: .utf8)
      if let first = children?.split(separator: " ").first.flatMap({ pid_t($0) }) {
        let machine = BootedMachine(root: root, container: container, first: first)
        let state = try await machine.attempt("systemctl is-system-running --wait")
        if ["running", "degraded"].contains(state.text) { return machine }
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    container.signal(SIGKILL)
    throw FailedCommand(description: "no machine has booted: \(container.lines.all)")
  }

  /// What a command printed, and how it ended.
  struct Printed: CustomStringConvertible {
    let text: String
    let ending: Ending

    var lines: [Substring] { text.split(separator: "\n") }
    var description: String { "\(ending): \(text)" }
  }

  /// Runs a shell's command on the machine, as root.
  @discardableResult
  func attempt(_ command: String, within limit: Duration = .seconds(120)) async throws -> Printed {
    let child = try ChildProcess(
      "/usr/bin/nsenter",
      ["--target", "\(first)", "--all", "/bin/sh", "-c", command],
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"], folder: "/")
    let ending = try await child.ending(within: limit)
    return Printed(
      text: child.lines.all.map(\.text).joined(separator: "\n"), ending: ending)
  }

  /// Runs a shell's command on the machine, as root, which must succeed.
  ///
  /// - Returns: what it printed.
  @discardableResult
  func run(_ command: String, sourceLocation: SourceLocation = #_sourceLocation) async throws
    -> String
  {
    let printed = try await attempt(command)
    try #require(
      printed.ending == .exited(0), "\(command): \(printed)", sourceLocation: sourceLocation)
    return printed.text
  }

  /// The HTTP API of a service at its usual port.
  func http(_ service: ServiceName) -> HTTPClient {
    HTTPClient(base: "http://127.0.0.1:\(service.usualPort)")
  }

  fileprivate func turnOff() async throws {
    kill(first, SIGKILL)
    _ = try await container.ending()
  }
}

// MARK: systemd, as its commands show it

extension BootedMachine {
  /// A property of a unit.
  func property(_ name: String, of unit: String) async throws -> String {
    try await run("systemctl show --property=\(name) --value \(unit)")
  }

  /// The main process of a daemon's unit.
  func process(of service: ServiceName) async throws -> pid_t {
    try #require(pid_t(try await property("MainPID", of: service.unit)))
  }

  /// Waits until a unit's property has a value.
  func waits(
    until name: String, of unit: String, is value: @Sendable (String) -> Bool,
    within limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let end = ContinuousClock.now + limit
    var last = try await property(name, of: unit)
    while !value(last), ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(100))
      last = try await property(name, of: unit)
    }
    let log = value(last) ? "" : try await run("journalctl --unit=\(unit) --lines=20 --no-pager")
    try #require(
      value(last), "\(unit) has \(name)=\(last) after \(limit):\n\(log)",
      sourceLocation: sourceLocation)
  }

  /// Waits until a unit's journal has a text.
  func logs(
    _ text: String, of service: ServiceName, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let end = ContinuousClock.now + .seconds(60)
    var log = ""
    while !log.contains(text), ContinuousClock.now < end {
      log = try await run("journalctl --unit=\(service.unit) --no-pager")
      try await Task.sleep(for: .milliseconds(50))
    }
    try #require(log.contains(text), "\(log.suffix(4000))", sourceLocation: sourceLocation)
  }

  /// Waits until all services are ready.
  func isReady(_ services: [ServiceName] = ServiceName.allCases) async throws {
    for service in services {
      try await waits(until: "ActiveState", of: service.unit, is: { $0 == "active" })
    }
  }

  /// The journal's entries of a unit, as `journalctl --output=json` prints them.
  func entries(_ matches: String) async throws -> [JSON] {
    let text = try await run("journalctl --all --output=json --no-pager \(matches)")
    return try text.split(separator: "\n").map { try JSON(Data($0.utf8)) }
  }

  /// Gives a unit more settings of its section Service, by a drop-in.
  func configure(_ service: ServiceName, _ settings: String) async throws {
    let folder = "\(root)/etc/systemd/system/\(service.unit).d"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data("[Service]\n\(settings)\n".utf8)
      .write(to: URL(fileURLWithPath: folder + "/test.conf"))
    try await run("systemctl daemon-reload")
  }

  /// Installs a later version of the package, which keeps the configuration that was changed.
  func upgrade() async throws {
    try await run(
      """
      cd /root && dpkg-deb --raw-extract eventually.deb next
      sed -i 's/^Version: .*/Version: 9.9.9/' next/DEBIAN/control
      dpkg-deb --build -Znone next next.deb
      dpkg --install --force-confold next.deb
      """)
  }

  /// Lets orders be approved by Alpha itself.
  func approvesAutomatically() async throws {
    try await run(
      """
      printf 'alpha:\\n  approval: automatic\\n' >/etc/eventually/alpha.yaml
      systemctl restart alphad
      """)
    try await isReady()
  }
}

extension ServiceName {
  var unit: String { "\(rawValue)d.service" }
  /// The port of the service where nothing else is configured.
  var usualPort: Int { 3991 + (Self.allCases.firstIndex(of: self) ?? 0) }
}

// MARK: How one is made

/// What the suite needs, whose paths `make test-systemd` gives.
struct MachineParts: Sendable {
  /// The root folder of a Debian without the package, and of one with it.
  let bare: String
  let installed: String
  let package: String
  /// Whether the package is that of a debug build, which uses the libraries of a toolchain.
  let isDebug: Bool

  static let available: MachineParts? = {
    let environment = ProcessInfo.processInfo.environment
    guard let root = environment["SYSTEMD_ROOT"], let package = environment["SYSTEMD_PACKAGE"]
    else { return nil }
    return MachineParts(
      bare: root, installed: root + "-installed", package: package,
      isDebug: environment["SYSTEMD_CONFIGURATION"] == "debug")
  }()

  static let reason: Comment = "make test-systemd boots a Debian and installs the package"
}

/// Boots a machine for as long as the body runs.
///
/// - Parameter isInstalled: whether the package is installed before it boots.
func withMachine(
  isInstalled: Bool = true, _ body: (BootedMachine) async throws -> Void
) async throws {
  let parts = try #require(MachineParts.available)
  let folder = try TemporaryFolder()
  try await command("cp", "-a", (isInstalled ? parts.installed : parts.bare) + "/.", folder.path)
  let machine = try await BootedMachine.boot(folder.path)
  let result: Result<Void, any Error>
  do {
    if isInstalled { try await machine.isReady() }
    result = .success(try await body(machine))
  } catch {
    result = .failure(error)
  }
  try await machine.turnOff()
  try result.get()
}
