import Foundation
import Testing

/// Failures that pass by themselves: the daemon waits, says for what, and is not started again.
@Suite(
  "Systemd: failures that pass", .serialized,
  .enabled(if: MachineParts.available != nil, MachineParts.reason),
  .timeLimit(.minutes(10)))
struct SystemdWaitingTests {
  @Test
  func `a port that is taken is waited for`() async throws {
    try await withMachine { machine in
      try await machine.configure(.beta, "Environment=BETA_HTTP_PORT=3991")
      try await machine.run("systemctl restart --no-block betad")
      try await machine.waits(
        until: "StatusText", of: "betad", is: { $0.contains("3991 is in use") })
      try await machine.run("systemctl stop alphad")
      try await machine.isReady([.beta])
    }
  }

  @Test
  func `an address and a name that are not there yet are waited for`() async throws {
    try await withMachine { machine in
      try await machine.configure(.beta, "Environment=BETA_HTTP_HOST=192.0.2.1")
      try await machine.configure(.charlie, "Environment=CHARLIE_HTTP_HOST=till.invalid")
      try await machine.run("systemctl restart --no-block betad charlied")
      try await machine.waits(
        until: "StatusText", of: "betad", is: { $0.contains("192.0.2.1") })
      try await machine.waits(
        until: "StatusText", of: "charlied", is: { $0.contains("till.invalid") })
      try await machine.run("echo 127.0.0.1 till.invalid >>/etc/hosts")
      // The machine has the network of the tests, in which they are alone.
      try await withUndoing(["ip", "address", "delete", "192.0.2.1/32", "dev", "lo"]) {
        try await command("ip", "address", "add", "192.0.2.1/32", "dev", "lo")
      } _: {
        try await machine.isReady([.beta, .charlie])
      }
      for service in [ServiceName.beta, .charlie] {
        #expect(try await machine.property("NRestarts", of: service.unit) == "0")
      }
    }
  }

  @Test
  func `a run directory that was removed is reported, and made again by a restart`() async throws {
    try await withMachine { machine in
      try await machine.run("rm -rf /run/eventually")
      try await machine.waits(
        until: "StatusText", of: "alphad", is: { $0.contains("/run/eventually") })
      try await machine.run(
        "systemctl kill --kill-whom=main --signal=KILL alphad betad charlied overlordd")
      try await machine.isReady()
      #expect(try await machine.run("stat --format=%a /run/eventually") == "3770")
    }
  }

  @Test
  func `a full disk is reported, and passes by itself`() async throws {
    try await withMachine { machine in
      try await machine.approvesAutomatically()
      try await machine.run(
        """
        systemctl stop betad
        cp -a /var/lib/eventually/beta /root/beta
        mount -t tmpfs -o size=24m,mode=0700,uid=eventually,gid=eventually tmpfs \
        /var/lib/eventually/beta
        cp -a /root/beta/. /var/lib/eventually/beta
        systemctl start betad
        """)
      try await machine.isReady()
      try await machine.run(
        "dd if=/dev/zero of=/var/lib/eventually/beta/filler 2>/dev/null || true")
      let beta = machine.http(.beta)
      let refused = try await beta.post("/api/carts")
      #expect(refused.status == 503, "\(refused)")
      #expect(refused.header("Retry-After") != nil)
      #expect(try await beta.get("/api/settings").status == 200)
      let ready = try await beta.get("/readyz")
      #expect("\(ready.json["attention"])".contains("0 MiB left"), "\(ready)")
      try await machine.waits(until: "StatusText", of: "betad", is: { $0.contains("0 MiB left") })
      let metrics = String(decoding: try await beta.get("/metrics").body, as: UTF8.self)
        .split(separator: "\n")
      let free = try #require(metrics.first { $0.hasPrefix("eventually_disk_free_bytes") })
      #expect(free.hasSuffix(" 0"), "\(free)")
      #expect(try await machine.property("ActiveState", of: "betad") == "active")
      try await machine.run("rm /var/lib/eventually/beta/filler")
      try await machine.waits(until: "StatusText", of: "betad", is: { !$0.contains("MiB left") })
      try await machine.whileOrdering("orders after a full disk") { try await $0.accepts(5) }
    }
  }
}
