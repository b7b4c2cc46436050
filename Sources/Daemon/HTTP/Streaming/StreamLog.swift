import Events
import Logging

extension Responder {
  /// Logs the end of a stream; its beginning has the line of its request.
  func log(_ outcome: StreamDriver.Outcome, of stream: OpenStream) {
    let path = stream.request.shownPath
    var fields = stream.request.correlation.logFields
    fields["event.action"] = "http-stream-ended"
    fields["event.duration"] = .stringConvertible(outcome.took.nanoseconds)
    fields["event.outcome"] = outcome.end.isFailure ? "failure" : "success"
    fields["url.path"] = "\(path)"
    logger.log(
      level: outcome.end.isFailure ? .error : .info,
      """
      the stream \(path) has ended after \(outcome.count) events, at position \
      \(outcome.position): \(outcome.end)
      """, metadata: fields)
  }
}
