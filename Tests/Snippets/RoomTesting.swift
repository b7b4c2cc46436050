import Daemon
import RoomTesting
import Testing

@Test func `a measurement is answered, and its event is in the log`() throws {
  let station = try ServiceHarness(Station.self)
  let answer = station.post("/api/temperatures", json: #"{"place":"harbour","degrees":21}"#)
  #expect(answer.integer("degrees") == 21)
  let emitted = try station.published(TemperatureMeasured.self)
  #expect(emitted.map(\.data.place) == ["harbour"])
}
