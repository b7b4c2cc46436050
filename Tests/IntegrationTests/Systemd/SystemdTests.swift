import Foundation
import Glibc
import Testing

/// The package on a real systemd: through `systemctl`, `journalctl` and HTTP alone.
@Suite(
  "Systemd", .serialized,
  .enabled(if: MachineParts.available != nil, MachineParts.reason),
  .timeLimit(.minutes(10)))
struct SystemdTests {
  @Test
  func `a package is installed, upgraded under load, removed with its state kept, and purged`()
    async throws
  {
    let parts = try #require(MachineParts.available)
    try await withMachine(isInstalled: false) { machine in
      try await command("cp", parts.package, machine.root + "/root/eventually.deb")
      try await machine.run("dpkg --install /root/eventually.deb")
      let began = ContinuousClock.now
      try await machine.run("systemctl restart alphad")
      print("from the command to ready:", ContinuousClock.now - began)
      try await machine.isReady()
      let links = try await machine.run("readlink /usr/bin/alphad /usr/bin/overlordd")
      #expect(links == "eventually\neventually")
      #expect(
        try await machine.run("stat --format='%a %U %G' /run/eventually")
          == "3770 eventually eventually")
      // The program has its libraries in itself; a debug build, for these tests alone, has not.
      let libraries = try await machine.attempt("ldd /usr/bin/eventually | grep libswift")
      #expect((libraries.ending == .exited(0)) == parts.isDebug, "\(libraries)")
      print(
        "installed size:",
        try await machine.run("du --summarize --human-readable /usr/bin/eventually"))

      try await machine.approvesAutomatically()
      try await machine.whileOrdering("upgrade") { till in
        try await till.accepts(10)
        try await machine.upgrade()
        try await till.accepts(10)
      }
      #expect(try await machine.run("cat /etc/eventually/alpha.yaml").contains("automatic"))

      try await machine.run("dpkg --remove eventually")
      try await machine.run("test -s /var/lib/eventually/charlie/journal.sqlite")
      #expect(try await machine.attempt("systemctl is-active alphad").ending != .exited(0))
      try await machine.run("dpkg --install /root/next.deb")
      try await machine.isReady()
      try await machine.run("dpkg --purge eventually")
      try await machine.run("test ! -e /var/lib/eventually -a ! -e /etc/eventually/alpha.yaml")
    }
  }

  @Test
  func `a daemon that is killed is started again, and no order is lost or charged twice`()
    async throws
  {
    try await withMachine { machine in
      try await machine.approvesAutomatically()
      try await machine.whileOrdering("SIGKILL of each daemon, three times") { till in
        for _ in 0..<3 {
          for service in ServiceName.allCases {
            try await machine.run("systemctl kill --kill-whom=main --signal=KILL \(service.unit)")
            try await till.accepts(3)
          }
        }
      }
    }
  }

  @Test
  func `a daemon that hangs is restarted, with its reason in the journal`() async throws {
    try await withMachine { machine in
      let hung = try await machine.process(of: .alpha)
      try await machine.run("kill -STOP \(hung)")
      try await machine.waits(
        until: "MainPID", of: "alphad", is: { $0 != "\(hung)" && $0 != "0" })
      try await machine.isReady()
      #expect(try await machine.run("journalctl --unit=alphad").contains("Watchdog timeout"))
    }
  }

  @Test
  func `a crash writes its backtrace into the journal, and the daemon is started again`()
    async throws
  {
    try await withMachine { machine in
      let crashed = try await machine.process(of: .charlie)
      try await machine.run("kill -SEGV \(crashed)")
      try await machine.logs("*** Program crashed:", of: .charlie)
      // A fault of its own would come again after its backtrace, as this one does not.
      try await machine.run("kill -SEGV \(crashed)")
      try await machine.waits(
        until: "MainPID", of: "charlied", is: { $0 != "\(crashed)" && $0 != "0" })
      try await machine.isReady()
    }
  }

  @Test(arguments: [
    ("ExecStart=\nExecStart=/usr/bin/betad --no-such-option", "64", "--no-such-option"),
    ("Environment=BETA_HTTP_PORT=many", "78", "beta.http.port"),
  ])
  func `a mistake fails once, with its sentence`(
    dropIn: String, status: String, sentence: String
  ) async throws {
    try await withMachine { machine in
      try await machine.configure(.beta, dropIn)
      try await machine.attempt("systemctl restart betad")
      try await machine.waits(until: "ActiveState", of: "betad", is: { $0 == "failed" })
      #expect(try await machine.property("ExecMainStatus", of: "betad") == status)
      #expect(try await machine.property("NRestarts", of: "betad") == "0")
      #expect(try await machine.run("journalctl --unit=betad").contains(sentence))
      try await machine.configure(.beta, "")
      try await machine.run("systemctl start betad")
      try await machine.isReady()
    }
  }

  @Test
  func `the units are hardened`() async throws {
    try await withMachine { machine in
      for service in ServiceName.allCases {
        let analysis = try await machine.run("systemd-analyze security --no-pager \(service.unit)")
        let line = try #require(analysis.split(separator: "\n").last { $0.contains("Overall") })
        let score = try #require(
          line.split(separator: " ").compactMap { Double($0) }.first, "\(line)")
        print("\(service.unit): security \(score)")
        #expect(score <= 1.5)
      }
    }
  }
}
