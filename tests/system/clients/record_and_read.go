package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"clients/balances_client"
	"clients/entries_client"

	"github.com/google/uuid"
)

func authorized(_ context.Context, request *http.Request) error {
	request.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
	return nil
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	ctx := context.Background()
	entries := must(entries_client.NewClientWithResponses(
		os.Getenv("ENTRIES_URL"), entries_client.WithRequestEditorFn(authorized)))
	balances := must(balances_client.NewClientWithResponses(
		os.Getenv("BALANCES_URL"), balances_client.WithRequestEditorFn(authorized)))

	sale := entries_client.NewEntry{Direction: "credit", Amount: "150.00", Description: "Venda"}
	key := entries_client.RecordEntryParams{IdempotencyKey: uuid.NewString()}
	first := must(entries.RecordEntryWithResponse(ctx, &key, sale)).JSON201
	one := entries_client.BulkEntry{
		Direction: "debit", Amount: "50.00", Description: "Troco", IdempotencyKey: uuid.NewString()}
	all := entries_client.Bulk{Mode: "atomic", Entries: []entries_client.BulkEntry{one}}
	last := must(entries.RecordEntriesInBulkWithResponse(ctx, all)).JSON201.Items[0]

	asked := balances_client.GetDailyBalanceParams{AfterEntry: &last.Id}
	day := must(balances.GetDailyBalanceWithResponse(ctx, last.BusinessDate, &asked))
	etag := day.HTTPResponse.Header.Get("ETag")
	asked.IfNoneMatch = &etag
	again := must(balances.GetDailyBalanceWithResponse(ctx, last.BusinessDate, &asked))
	fmt.Println(first.Amount, day.JSON200.ClosingBalance, again.StatusCode())
}
