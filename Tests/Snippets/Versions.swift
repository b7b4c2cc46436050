import Versions

/// Every version of every event of the weather station.
let stationEvents = Registry([
  RegisteredEvent(
    TemperatureMeasured.self, from: "station", compatibility: .fullTransitive,
    summary: "The temperature of a place was measured.",
    golden: [
      GoldenPayload(
        "temperature.measured.v1.json", bytes: Array(#"{"degrees":21,"place":"harbour"}"#.utf8))
    ])
])

/// The problems of the present sources with all that was ever pinned.
func problems(pinned lock: String) throws -> [String] {
  stationEvents.problems(with: try SchemaLock(lock))
}
