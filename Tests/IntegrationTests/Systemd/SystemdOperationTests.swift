import Foundation
import Glibc
import Testing

/// What an operator does with the daemons, and what a machine does to them.
@Suite(
  "Systemd: operation", .serialized,
  .enabled(if: MachineParts.available != nil, MachineParts.reason),
  .timeLimit(.minutes(10)))
struct SystemdOperationTests {
  @Test
  func `the journal has lines for people, with fields and priorities`() async throws {
    try await withMachine { machine in
      try await machine.approvesAutomatically()
      try await machine.whileOrdering("orders for the journal") { try await $0.accepts(5) }
      let charges = try await machine.http(.charlie).get("/api/charges?limit=1").json
      let order = try #require(charges["charges"][0]["orderId"].string)
      let entries = try await machine.entries("LABELS_ORDER_ID=\(order)")
      #expect(entries.count <= 4, "\(entries)")
      for entry in entries {
        #expect(entry["PRIORITY"] == "6")
        #expect(!entry["MESSAGE"].text.hasPrefix("{"))
      }
      let work = try #require(entries.first?["LABELS_CORRELATION_ID"].string)
      let programs = try await machine.entries("LABELS_CORRELATION_ID=\(work)")
        .map { $0["SYSLOG_IDENTIFIER"].text }
      #expect(Set(programs).isSuperset(of: ["alphad", "betad", "charlied"]), "\(programs)")
      for service in ServiceName.allCases {
        let unit = "_SYSTEMD_UNIT=\(service.unit)"
        #expect(try await machine.entries("--priority=err \(unit)").isEmpty)
        // A library that writes by itself names no service.
        let lines = try await machine.entries(unit)
        let others = lines.filter { $0["SERVICE_NAME"].string == nil }
        #expect(!lines.isEmpty && others.isEmpty, "\(others)")
      }
    }
  }

  @Test
  func `a reload applies what it may, and keeps the old where the file is wrong`() async throws {
    try await withMachine { machine in
      let process = try await machine.process(of: .alpha)
      let file = "\(machine.root)/etc/eventually/alpha.yaml"
      try "alpha:\n  approval: automatic\n".write(
        toFile: file, atomically: false, encoding: .utf8)
      try await machine.run("systemctl reload alphad")
      try await machine.logs("reloaded", of: .alpha)
      try await machine.whileOrdering("orders after a reload") { try await $0.accepts(3) }

      try "alpha:\n  aproval: manual\n".write(toFile: file, atomically: false, encoding: .utf8)
      try await machine.run("systemctl reload alphad")
      try await machine.logs("aproval", of: .alpha)
      let errors = try await machine.entries("--priority=err _SYSTEMD_UNIT=alphad.service")
      #expect(errors.map { $0["EVENT_ACTION"] } == ["not-reloaded"])
      try await machine.whileOrdering("orders after a refused reload") {
        try await $0.accepts(3)
      }
      #expect(try await machine.process(of: .alpha) == process)
      try await machine.waits(
        until: "StatusText", of: "alphad", is: { $0.contains("the last reload was refused") })
    }
  }

  @Test
  func `a restart holds up no client, and with a socket of systemd none is refused`() async throws {
    try await withMachine { machine in
      try await machine.approvesAutomatically()
      let half = try RawConnection(to: machine.http(.beta))
      half.send("POST /api/carts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90\r\n\r\n{")
      var took = try await Self.timeOfRestart(of: .beta, on: machine)
      print("restart beside half a request, as clients see it: \(took)")
      #expect(took < .seconds(3), "half a request is waited for a second")

      try await machine.run("systemctl stop betad; systemctl start betad-http.socket betad")
      try await machine.isReady()
      // Clients ask until the upgrade is over, and report each request without an answer.
      async let clients = machine.run(
        """
        while [ ! -e /tmp/restarted ]; do
          curl --silent --output /dev/null http://127.0.0.1:3992/healthz && echo answered \
            || echo "failed: $?"
        done
        """)
      took = try await Self.timeOfRestart(of: .beta, on: machine)
      print("restart with a socket of systemd: \(took)")
      try await machine.upgrade()
      try await machine.run("touch /tmp/restarted")
      let answers = Set(try await clients.split(separator: "\n"))
      #expect(answers == ["answered"])
    }
  }

  /// The time from the command to the first answer of the new process.
  private static func timeOfRestart(
    of service: ServiceName, on machine: BootedMachine
  ) async throws -> Duration {
    let before = try await machine.process(of: service)
    let began = ContinuousClock.now
    try await machine.run("systemctl restart \(service.unit)")
    let answer = try await machine.http(service).get("/healthz")
    #expect(answer.status == 200, "systemd has started it when it was ready")
    let took = ContinuousClock.now - began
    #expect(try await machine.process(of: service) != before)
    return took
  }

  @Test(.enabled(if: ShiftedClock.isPossible, "cc builds the library that shifts the clock"))
  func `a wrong clock is reported, and removes nothing`() async throws {
    try await withMachine { machine in
      try await machine.approvesAutomatically()
      let clock = try await ShiftedClock(in: "/opt", root: machine.root)
      let variables = clock.environment.map { "\($0)=\($1)" }.joined(separator: " ")
      for service in ServiceName.allCases {
        try await machine.configure(service, "Environment=\(variables)")
      }
      try await machine.run("systemctl restart eventually.target")
      try await machine.isReady()
      try await machine.whileOrdering("ten years ahead, and back") { till in
        try await till.accepts(3)
        try clock.set(by: ShiftedClock.decade)
        try await machine.waits(
          until: "StatusText", of: "alphad", is: { $0.contains("clock") })
        // The log is pruned each ten seconds: once at least while the clock is wrong.
        let end = ContinuousClock.now + .seconds(12)
        while ContinuousClock.now < end { try await till.accepts(5) }
        try clock.set(by: 0)
        try await till.accepts(3)
      }
      for service in ServiceName.allCases {
        let bus = try await machine.http(service).get("/api/bus").json
        #expect(bus["stream"]["floor"] == 1, "\(service): \(bus["stream"])")
      }
    }
  }

  @Test
  func `a backup is proved, and the newest good one is restored`() async throws {
    try await withMachine { machine in
      try await machine.approvesAutomatically()
      #expect(try await machine.run("systemctl list-timers --all").contains("eventually-backup"))
      try await machine.whileOrdering("orders before a backup") { till in
        try await till.accepts(5)
      }
      try await machine.run("systemctl start eventually-backup")
      let copies = try await machine.run("ls /var/backups/eventually").split(separator: "\n")
      #expect(copies.contains { $0.hasPrefix("charlie-") && $0.hasSuffix(".gateway.sqlite") })
      try await machine.run(
        """
        cd /var/backups/eventually
        newest=$(ls overlord-*.sqlite)
        cp -a "$newest" overlord-20260101T000000Z.sqlite
        dd if=/dev/zero of="$newest" bs=4096 seek=2 count=10 conv=notrunc 2>/dev/null
        systemctl stop overlordd
        rm /var/lib/eventually/overlord/journal.sqlite*
        """)
      let restored = try await machine.run(
        "eventually restore overlord --from /var/backups/eventually --state /var/lib/eventually")
      #expect(restored.contains("skipped /var/backups/eventually/overlord-"), "\(restored)")
      try await machine.run("systemctl start overlordd")
      try await machine.isReady()
      try await machine.whileOrdering("orders after a restore") { try await $0.accepts(5) }
      // A failure shows.
      try await machine.run("chmod 0 /var/backups/eventually; chown root /var/backups/eventually")
      #expect(try await machine.attempt("systemctl start eventually-backup").ending != .exited(0))
      #expect(try await machine.run("systemctl --failed --no-legend").contains("eventually-backup"))
    }
  }

  @Test
  func `a lost machine is restored on a new one, whose daemons have made journals of their own`()
    async throws
  {
    try await withMachine { machine in
      try await machine.approvesAutomatically()
      let before = try await machine.whileOrdering("orders before the loss") {
        try await $0.accepts(5)
      }
      try await machine.run(
        """
        systemctl start eventually-backup
        cp -a /var/backups/eventually /root/old-copies
        systemctl stop eventually.target
        rm -r /var/lib/eventually/* /var/backups/eventually/*
        systemctl start eventually.target
        """)
      try await machine.isReady()
      // What the page of operation names.
      try await machine.run(
        """
        systemctl disable --now eventually.target eventually-backup.timer
        mv /var/lib/eventually /var/lib/eventually.unused
        for service in alpha beta charlie overlord; do
          install -d -o eventually -g eventually -m 700 /var/lib/eventually/$service
          eventually restore $service --state /var/lib/eventually --from /root/old-copies
        done
        systemctl enable --now eventually.target eventually-backup.timer
        """)
      try await machine.isReady()
      let charges = try await machine.http(.charlie).get("/api/charges?limit=500").json["charges"]
      #expect(charges.list.count == before)
      try await machine.whileOrdering("orders on the new machine") { try await $0.accepts(5) }
      try await machine.run("eventually status")
    }
  }

  @Test
  func `a person without the group is given its name, and with it may look and reset`()
    async throws
  {
    try await withMachine { machine in
      try await machine.run("useradd --create-home ada")
      let reset = "runuser -u ada -- eventually follow reset overlord alpha"
      for command in ["runuser -u ada -- eventually lag", reset] {
        let refused = try await machine.attempt(command)
        #expect(refused.ending == .exited(69), "\(refused)")
        #expect(refused.text.contains("usermod -aG eventually"), "\(refused)")
      }
      try await machine.run("usermod -aG eventually ada")
      try await machine.run("runuser -u ada -- eventually lag")
      // The daemon itself answers now: there is nothing to reset.
      let answered = try await machine.attempt(reset)
      #expect(answered.ending == .exited(1), "\(answered)")
      #expect(answered.text.contains("is not stopped"), "\(answered)")
    }
  }
}
