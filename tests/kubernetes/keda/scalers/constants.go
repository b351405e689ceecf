// Package scalers is KEDA's, of which only what the redis-streams scaler needs is compiled: its files are laid over this
// folder when it is built. What they take from others of that package is restated here.
package scalers

const (
	externalMetricType = "External"
	stringEnable       = "enable"
	stringDisable      = "disable"
)
