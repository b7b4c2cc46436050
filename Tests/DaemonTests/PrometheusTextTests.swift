import Testing

@testable import Daemon

@Suite("The text of metrics", .timeLimit(.minutes(1)))
struct PrometheusTextTests {
  private let parcels = MetricDeclaration(
    "delta_parcels_total", kind: .counter, labels: ["size", "place"], help: "Packed parcels.")

  private func sample(_ labels: [String], _ value: Double) -> MetricSample {
    MetricSample(labels: labels, value: .number(value))
  }

  @Test("A counter has its help, its type, and its values in the order of their labels")
  func counter() {
    let family = MetricFamily(
      parcels, samples: [sample(["small", "b"], 2), sample(["large", "a"], 1_000_000_000_000)])
    #expect(
      PrometheusText.text([family], as: .prometheus) == """
        # HELP delta_parcels_total Packed parcels.
        # TYPE delta_parcels_total counter
        delta_parcels_total{size="large",place="a"} 1000000000000
        delta_parcels_total{size="small",place="b"} 2

        """)
  }

  @Test("OpenMetrics names a counter without _total, and has an end")
  func openMetrics() {
    let family = MetricFamily(parcels, samples: [sample(["small", "b"], 2)])
    #expect(
      PrometheusText.text([family], as: .openMetrics) == """
        # HELP delta_parcels Packed parcels.
        # TYPE delta_parcels counter
        delta_parcels_total{size="small",place="b"} 2
        # EOF

        """)
  }

  @Test("Backslashes, quotes and ends of lines are escaped, in values and in help")
  func escaping() {
    let odd = MetricDeclaration(
      "odd", kind: .gauge, labels: ["of"], help: "A \\ and a \" and\nan end.")
    let family = MetricFamily(odd, samples: [sample(["a\\b\"c\nd"], 1)])
    #expect(
      PrometheusText.text([family], as: .prometheus) == #"""
        # HELP odd A \\ and a " and\nan end.
        # TYPE odd gauge
        odd{of="a\\b\"c\nd"} 1

        """#)
    #expect(
      PrometheusText.text([family], as: .openMetrics)
        .hasPrefix(#"# HELP odd A \\ and a \" and\nan end."#))
  }

  @Test("A distribution has cumulative buckets to +Inf, its sum and its count")
  func distribution() {
    let sizes = MetricDeclaration(
      "sizes", kind: .histogram(buckets: [1, 2.5]), labels: ["of"], help: "Sizes.")
    var distribution = Distribution(bounds: [1, 2.5])
    for value in [0.5, 1, 2, 2.5, 3, 1e300 * 1e300, .nan] { distribution.add(value) }
    let family = MetricFamily(
      sizes, samples: [MetricSample(labels: ["a"], value: .distribution(distribution))])
    #expect(
      PrometheusText.text([family], as: .prometheus) == """
        # HELP sizes Sizes.
        # TYPE sizes histogram
        sizes_bucket{of="a",le="1.0"} 2
        sizes_bucket{of="a",le="2.5"} 4
        sizes_bucket{of="a",le="+Inf"} 5
        sizes_sum{of="a"} 9
        sizes_count{of="a"} 5

        """)
  }

  @Test(
    "Numbers are written as Go reads them",
    arguments: [
      (0.0, "0"), (-0.0, "0"), (1.5, "1.5"), (-3, "-3"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
      (.nan, "NaN"), (0.000_01, "1e-05"), (9_007_199_254_740_992, "9007199254740992"),
      (1e22, "1e+22"),
    ] as [(Double, String)])
  func numbers(value: Double, text: String) {
    let family = MetricFamily(MetricDeclaration("n", kind: .gauge, help: "N."), value: value)
    #expect(PrometheusText.text([family], as: .prometheus).hasSuffix("\nn \(text)\n"))
  }

  @Test("The same values give the same bytes, in whatever order they come")
  func determinism() {
    let families = ["c", "a", "b"].map { name in
      MetricFamily(
        MetricDeclaration(name, kind: .gauge, labels: ["x"], help: "One."),
        samples: (0..<20).map { sample(["\($0)"], Double($0)) })
    }
    let shuffled = families.reversed().map { family in
      MetricFamily(family.declaration, samples: family.samples.reversed())
    }
    #expect(
      PrometheusText.text(families, as: .openMetrics)
        == PrometheusText.text(shuffled, as: .openMetrics))
  }

  @Test(
    "OpenMetrics is what a scraper gets that prefers it",
    arguments: [
      (nil, false), ("*/*", false), ("text/plain", false), ("text/html, */*;q=0.8", false),
      ("application/openmetrics-text", true),
      ("application/openmetrics-text;q=0", false),
      ("application/openmetrics-text; version=1.0.0; q=0.2, text/plain;q=0.5", false),
      (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
          + "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true
      ),
    ] as [(String?, Bool)])
  func accept(field: String?, isOpenMetrics: Bool) {
    let format = PrometheusText.Format(accept: field)
    #expect((format == .openMetrics) == isOpenMetrics)
    #expect(
      format.contentType
        == (isOpenMetrics
          ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
          : "text/plain; version=0.0.4; charset=utf-8"))
  }
}
