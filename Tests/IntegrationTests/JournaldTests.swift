import Foundation
import Glibc
import Testing

/// Whether a journald of the tests can run, with a `/run` of its own.
private func canRunJournald() async -> Bool {
  guard isRoot, access(journald, X_OK) == 0,
    let child = try? ChildProcess(
      "/usr/bin/env", isolated + ["mount -t tmpfs tmpfs /run && journalctl --version"], folder: "/")
  else { return false }
  return (try? await child.ending()) == .exited(0)
}

private let journald = "/lib/systemd/systemd-journald"

/// The words before a shell's command that give it mounts of its own.
private let isolated = ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c"]

/// Runs a daemon under a journald, and then with an option that is wrong, and prints the journal.
private let script = """
  mount -t tmpfs tmpfs /run
  mkdir -p /run/systemd/journald.conf.d
  printf '[Journal]\\nStorage=volatile\\nAudit=no\\nReadKMsg=no\\n' > /run/systemd/journald.conf.d/a.conf
  env -u NOTIFY_SOCKET \(journald) > /dev/null 2>&1 &
  until [ -S /run/systemd/journal/stdout ] && [ -S /run/systemd/journal/socket ]; do sleep 0.02; done
  run() {
    systemd-cat -t "$(basename "$1")" sh -c 'JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) exec "$0" "$@"' "$@"
  }
  run "$0" "$@"
  run "$0" "$@" --alpha-log-level loud
  run "$TOOL" verify alpha --state /nowhere
  journalctl --sync
  list() { echo "= $*"; journalctl -D /run/log/journal -t alphad -t eventually -o json "$@"; }
  list --all
  list -p err
  list EVENT_ACTION=settings.changed
  list LABELS_CORRELATION_ID=journald-1
  kill $!
  """

@Suite("Journald", .timeLimit(.minutes(1)))
struct JournaldProcessTests {
  @Test(
    .enabled("the tests run as root, and systemd-journald is installed") { await canRunJournald() })
  func `journalctl finds a daemon's lines by priority, by action and by correlation`() async throws
  {
    try await withDeployment { deployment in
      let ready = try ReadySocket(in: deployment.folder)
      let port = try freePorts(1)
      let words = [
        try Programs.path("alphad"), "--state", deployment.stateFolder(.alpha), "--run",
        deployment.runFolder, "--alpha-http-port", "\(port)",
      ]
      let child = try deployment.shell(
        "exec \"$0\" \"$@\"", isolated + [script] + words,
        environment: [
          "NOTIFY_SOCKET": ready.path, "TOOL": try Programs.path("eventually"),
        ])
      try await ready.ready()
      let http = HTTPClient(base: "http://127.0.0.1:\(port)")
      try await changeSettings(1, at: http, requestID: "journald-1")
      let lock = try String(
        contentsOfFile: deployment.stateFolder(.alpha) + "/lock", encoding: .utf8)
      kill(try #require(pid_t(lock.dropLast())), SIGTERM)
      #expect(try await child.ending() == .exited(0))

      func list(_ query: String) -> [JSON] {
        let lines = child.lines.all.drop { $0.text != "= \(query)" }.dropFirst()
        return lines.prefix { !$0.text.hasPrefix("=") }.map(\.json)
      }
      let lines = list("--all").filter { $0["SYSLOG_IDENTIFIER"] == "alphad" }
      // Whether the other services are missed in the time, and the order of the first lines, is open.
      let isAway = "4 journal no message from "
      let shown = lines.map { line in
        "\(line["PRIORITY"].text) \(line["_TRANSPORT"].text) \(line["MESSAGE"].text)"
      }.filter { !$0.hasPrefix(isAway) }
      let expected = [
        "3 stdout alphad: command line: alpha.log.level is “loud”, and must be one of trace, debug, "
          + "info, notice, warning, error, critical.",
        "5 journal listening on http://127.0.0.1:\(port)", "5 journal ready", "5 journal stopped",
        "5 journal stopping",
        "6 journal operators' commands are answered on \(deployment.runFolder)/alpha.operator",
        "6 journal probes are answered on \(deployment.runFolder)/alpha.probes",
        "6 journal settings.changed emitted", "6 journal settings.changed emitted",
      ]
      #expect(shown.sorted() == expected, "no library has a line of its own at info")
      let errors = list("-p err")
      #expect(errors.map(\.["SYSLOG_IDENTIFIER"].text) == ["alphad", "eventually"])
      #expect(errors.last?["MESSAGE"].text.hasPrefix("eventually: ") == true)
      #expect(list("EVENT_ACTION=settings.changed").count == 2)
      let work = list("LABELS_CORRELATION_ID=journald-1")
      #expect(work.map(\.["MESSAGE"].text) == ["settings.changed emitted"])
      #expect(work.first?["HTTP_REQUEST_ID"] == "journald-1")
      #expect(work.first?["SERVICE_NAME"] == "alpha")
    }
  }
}
