// The metrics that every service has, each declared once. Daemon.docc/Metrics.md lists them all, with
// their names in OpenTelemetry and NServiceBus.

enum CommonMetrics {
  static let all: [MetricDeclaration] =
    service + http + log + following + consuming + deferred + process

  // MARK: The service

  static let buildInfo = MetricDeclaration(
    "eventually_build_info", kind: .gauge, labels: ["service", "version"],
    help: "The service and the version of its program; always 1.")
  static let ready = MetricDeclaration(
    "eventually_ready", kind: .gauge,
    help: "Whether the service is ready, as /readyz reports it: 1 or 0.")
  static let journalReadable = MetricDeclaration(
    "eventually_journal_readable", kind: .gauge,
    help: "Whether this scrape could read the journal; without, the values from it are absent.")
  static let journalBytes = MetricDeclaration(
    "eventually_journal_bytes", kind: .gauge, labels: ["file"],
    help: "The sizes of the journal's files: the database, and the write-ahead log beside it.")
  static let lastBackup = MetricDeclaration(
    "eventually_last_backup_timestamp_seconds", kind: .gauge,
    help: "The time of the last backup that was proved; absent before the first.")
  static let droppedLines = MetricDeclaration(
    "eventually_log_lines_dropped_total", kind: .counter,
    help: "Log lines that were dropped because their reader was too slow.")

  static let clockJump = MetricDeclaration(
    "eventually_clock_jump_seconds", kind: .gauge,
    help:
      "How far the wall clock was set, or is ahead of the log, while it is in doubt; 0 while it is trusted."
  )
  static let clockBehindLog = MetricDeclaration(
    "eventually_clock_behind_log_seconds", kind: .gauge,
    help: "How far the time of the last event is ahead of the wall clock; 0 below five seconds.")
  static let diskFree = MetricDeclaration(
    "eventually_disk_free_bytes", kind: .gauge, help: "The free space on the journal's disk.")
  static let diskWarning = MetricDeclaration(
    "eventually_disk_warning_bytes", kind: .gauge,
    help: "The free space below which it is reported as little.")
  static let diskReserve = MetricDeclaration(
    "eventually_disk_reserve_bytes", kind: .gauge,
    help: "The free space below which commands that create something are refused.")

  static let exportedSpans = MetricDeclaration(
    "eventually_spans_exported_total", kind: .counter,
    help: "Spans that the collector has accepted.")
  static let droppedSpans = MetricDeclaration(
    "eventually_spans_dropped_total", kind: .counter, labels: ["reason"],
    help: "Spans that no collector has: the queue was full, or the collector did not accept them.")

  private static let service = [
    buildInfo, ready, journalReadable, journalBytes, lastBackup, droppedLines, clockJump,
    clockBehindLog, diskFree, diskWarning, diskReserve, exportedSpans, droppedSpans,
  ]

  // MARK: HTTP

  static let requestDuration = MetricDeclaration(
    "http_server_request_duration_seconds", kind: .seconds, labels: ["method", "route", "status"],
    help: "The time from a complete request to its response, by the template of its route.")

  static let openStreams = MetricDeclaration(
    "eventually_open_streams", kind: .gauge,
    help: "Streams of server-sent events that are open.")

  private static let http = [requestDuration, openStreams]

  // MARK: The log

  static let logHead = MetricDeclaration(
    "eventually_log_head_sequence", kind: .gauge,
    help: "The sequence number of the last event of the service's log.")
  static let logFloor = MetricDeclaration(
    "eventually_log_floor_sequence", kind: .gauge,
    help: "The first sequence number from which the service's log is complete.")
  static let logEvents = MetricDeclaration(
    "eventually_log_events_total", kind: .counter, labels: ["type", "version"],
    help: "Events that the service has committed to its log since its start.")
  static let commitDuration = MetricDeclaration(
    "eventually_commit_duration_seconds",
    kind: .histogram(
      buckets: [
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
      ]),
    help: "The time of a transaction of the journal, from its beginning until it is on disk.")
  static let commitGroupSize = MetricDeclaration(
    "eventually_commit_group_size",
    kind: .histogram(buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]),
    help: "Pieces of work that shared a commit.")
  static let refusedRequests = MetricDeclaration(
    "eventually_log_requests_refused_total", kind: .counter,
    help: "Requests of peers to the log that were answered with an error.")
  static let droppedRequests = MetricDeclaration(
    "eventually_log_requests_dropped_total", kind: .counter,
    help: "Requests of peers to the log that were dropped, because too many waited.")

  private static let log = [
    logHead, logFloor, logEvents, commitDuration, commitGroupSize, refusedRequests,
    droppedRequests,
  ]

  // MARK: Following

  static let followerLag = MetricDeclaration(
    "eventually_follower_lag_events", kind: .gauge, labels: ["stream"],
    help: "Events of a followed stream that are published and not applied here yet.")
  static let followerState = MetricDeclaration(
    "eventually_follower_state", kind: .gauge, labels: ["stream", "state"],
    help: "The state of a followed stream: 1 for the present state, 0 for the others.")
  static let gaps = MetricDeclaration(
    "eventually_follower_gaps_total", kind: .counter, labels: ["stream"],
    help: "Times that events were missing between two live events of a followed stream.")
  static let recovered = MetricDeclaration(
    "eventually_follower_recovered_events_total", kind: .counter, labels: ["stream"],
    help: "Events of a followed stream that came from its publisher's log, and not live.")
  static let duplicates = MetricDeclaration(
    "eventually_follower_duplicate_events_total", kind: .counter, labels: ["stream"],
    help: "Events of a followed stream that were received again and ignored.")
  static let unknown = MetricDeclaration(
    "eventually_follower_unknown_events_total", kind: .counter, labels: ["stream"],
    help: "Events of a followed stream that were skipped because their type has no reaction.")
  static let consumedEvents = MetricDeclaration(
    "eventually_consumed_events_total", kind: .counter, labels: ["stream", "outcome"],
    help: "Outcomes of received events; an event that is tried again has several.")
  static let criticalTime = MetricDeclaration(
    "eventually_critical_time_seconds", kind: .latency, labels: ["stream", "type"],
    help: "The time from an event's commit at its origin to the commit of the reaction to it.")
  static let processingTime = MetricDeclaration(
    "eventually_processing_time_seconds", kind: .latency, labels: ["stream", "type"],
    help: "The time of the reaction to an event, without the commit that it shares.")

  private static let following = [
    followerLag, followerState, gaps, recovered, duplicates, unknown, consumedEvents,
    criticalTime, processingTime,
  ]

  // MARK: Consumers and deferred events

  static let consumerLag = MetricDeclaration(
    "eventually_consumer_lag_events", kind: .gauge, labels: ["consumer"],
    help: "Events of this log that a registered consumer has not acknowledged.")
  static let consumerSeen = MetricDeclaration(
    "eventually_consumer_seen_timestamp_seconds", kind: .gauge, labels: ["consumer"],
    help: "The time of a consumer's last acknowledgement; absent before the first.")

  private static let consuming = [consumerLag, consumerSeen]

  static let deadLetters = MetricDeclaration(
    "eventually_dead_letters", kind: .gauge,
    help: "Events that can never be applied as they are, and wait for an operator.")
  static let heldBack = MetricDeclaration(
    "eventually_held_back_events", kind: .gauge,
    help: "Events that an earlier deferred event of their subject holds back.")
  static let deferredEvents = MetricDeclaration(
    "eventually_deferred_events", kind: .gauge, labels: ["state"],
    help: "Events that wait for the state of their subject, or for the next attempt.")

  private static let deferred = [deadLetters, heldBack, deferredEvents]

  // MARK: The process

  static let cpu = MetricDeclaration(
    "process_cpu_seconds_total", kind: .counter,
    help: "The processor time of the process, user and system.")
  static let residentMemory = MetricDeclaration(
    "process_resident_memory_bytes", kind: .gauge, help: "The resident memory of the process.")
  static let virtualMemory = MetricDeclaration(
    "process_virtual_memory_bytes", kind: .gauge, help: "The virtual memory of the process.")
  static let startTime = MetricDeclaration(
    "process_start_time_seconds", kind: .gauge,
    help: "The start of the process, in seconds since 1970.")
  static let openDescriptors = MetricDeclaration(
    "process_open_fds", kind: .gauge, help: "The open descriptors of the process.")
  static let maxDescriptors = MetricDeclaration(
    "process_max_fds", kind: .gauge, help: "The largest number of open descriptors.")

  private static let process = [
    cpu, residentMemory, virtualMemory, startTime, openDescriptors, maxDescriptors,
  ]
}

extension MetricDeclaration.Kind {
  /// A distribution from a tenth of a millisecond to an hour: reactions take the one, and events
  /// after an outage the other.
  fileprivate static let latency = Self.histogram(
    buckets: [
      0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 3600,
    ])
}
