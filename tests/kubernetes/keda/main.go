// Command keda asks KEDA's own redis-streams scaler what it would be told of a trigger, as KEDA's operator asks it.
//
// It reads {"metadata": …, "authParams": …} and writes {"value": …, "target": …}, or {"error": …}.
package main

import (
	"context"
	"encoding/json"
	"os"

	v2 "k8s.io/api/autoscaling/v2"

	"fluxo/tests/kubernetes/keda/scalers"
	"github.com/kedacore/keda/v2/pkg/scalers/scalersconfig"
)

func main() {
	var trigger struct{ Metadata, AuthParams map[string]string }
	if err := json.NewDecoder(os.Stdin).Decode(&trigger); err != nil {
		panic(err)
	}
	told, err := ask(&scalersconfig.ScalerConfig{
		TriggerMetadata: trigger.Metadata,
		AuthParams:      trigger.AuthParams,
		MetricType:      v2.AverageValueMetricType,
	})
	if err != nil {
		told = map[string]any{"error": err.Error()}
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		panic(err)
	}
}

func ask(config *scalersconfig.ScalerConfig) (map[string]any, error) {
	ctx := context.Background()
	scaler, err := scalers.NewRedisStreamsScaler(ctx, false, false, config)
	if err != nil {
		return nil, err
	}
	defer scaler.Close(ctx)
	spec := scaler.GetMetricSpecForScaling(ctx)[0].External
	values, _, err := scaler.GetMetricsAndActivity(ctx, spec.Metric.Name)
	if err != nil {
		return nil, err
	}
	return map[string]any{"value": values[0].Value.Value(), "target": spec.Target.AverageValue.Value()}, nil
}
