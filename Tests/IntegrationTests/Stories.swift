import Testing

/// All tests that start the real daemons.
///
/// Each suite runs its tests one after another, beside the other suites: a test starts up to four
/// processes, which mostly wait, and a machine may have two cores.
@Suite("Integration", .timeLimit(.minutes(3)))
enum Stories {}
