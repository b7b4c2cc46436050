import Daemon
import Runtime

/// The lines of the daemons and of `up` itself, in the forms and places that were asked for.
///
/// Nothing here waits for a reader: a terminal that is stopped never stops a daemon.
struct UpLog: Sendable {
  /// Lines for people.
  var notes = Output.streamedNotes
  /// The daemons' lines as they are; nil where people read them.
  var json: Output?
  var form = LogLineForm()
  var files: LogFiles?
  var now: @Sendable () -> Timestamp = { RuntimeContext.system.now() }

  /// Takes a line of a daemon.
  func receive(_ line: ArraySlice<UInt8>, of member: UpMember) {
    files?.append(line, of: member)
    let log = LogLine(line)
    switch (json, log) {
    case (let json?, _?): json.line(Array(line))
    case (nil, let log?): notes.line(form.line(log, of: member))
    // The last words of a process that crashed, or a format that the configuration asks for.
    case (_, nil): notes.line(Array(form.prefix("\(member)").utf8) + line)
    }
  }

  /// Reports what `up` itself does.
  func report(_ level: LogLine.Level, _ sentence: String) {
    notes.line(form.line(level, sentence, at: now()))
  }
}
