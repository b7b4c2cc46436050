import Glibc
import Subprocess
import SystemPackage

/// The guard: it waits for its standard input to end.
///
/// A line before that end means that all is well. Without it `up` was killed, and the guard ends
/// the whole group.
private let guarding = """
  trap '' HUP INT TERM
  read -r line && exit 0
  kill -TERM 0
  sleep 12
  kill -KILL 0
  """

/// Runs `body` with a process group that does not outlive this process, even if it is killed.
///
/// The group's leader is a guard, a small shell that holds the reading end of a pipe whose only
/// writing end is here. Daemons join the group, which also keeps a terminal's Ctrl-C from them, so
/// that they are stopped once and in order.
///
/// `PR_SET_PDEATHSIG` would not do: it fires when the *thread* that started the child ends, and
/// the threads of Swift's executor and of the subprocess library come and go.
func withProcessGroup<Value: Sendable>(
  _ body: (pid_t) async throws -> Value
) async throws -> Value {
  var options = PlatformOptions()
  options.processGroupID = 0
  let result = try await Subprocess.run(
    .path("/bin/sh"), arguments: ["-c", guarding], platformOptions: options, input: .inputWriter,
    output: .discarded, error: .discarded
  ) { leader in
    var outcome: Result<Value, any Error>
    do {
      outcome = .success(try await body(leader.processIdentifier.value))
    } catch {
      outcome = .failure(error)
    }
    _ = try? await leader.standardInputWriter.write("done\n")
    return outcome
  }
  return try result.closureResult.get()
}
