// Runs queries through clickhouse-go over HTTP, as Grafana's ClickHouse plugin does: Native format, compressed answers.
// Reads one JSON object a line, {"name", "sql"}; writes one for each, {"name", "rows", "columns"} or {"name", "error"}.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"reflect"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

type query struct {
	Name string `json:"name"`
	SQL  string `json:"sql"`
}

type answer struct {
	Name    string   `json:"name"`
	Rows    int      `json:"rows"`
	Columns []string `json:"columns,omitempty"`
	Error   string   `json:"error,omitempty"`
}

func run(ctx context.Context, db clickhouse.Conn, q query) answer {
	a := answer{Name: q.Name}
	rows, err := db.Query(ctx, q.SQL)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	defer rows.Close()
	types := rows.ColumnTypes()
	for _, t := range types {
		a.Columns = append(a.Columns, t.Name()+" "+t.DatabaseTypeName())
	}
	for rows.Next() {
		values := make([]any, len(types))
		for i, t := range types {
			values[i] = reflect.New(t.ScanType()).Interface()
		}
		if err := rows.Scan(values...); err != nil {
			a.Error = err.Error()
			return a
		}
		a.Rows++
	}
	if err := rows.Err(); err != nil {
		a.Error = err.Error()
	}
	return a
}

func main() {
	db, err := clickhouse.Open(&clickhouse.Options{
		Addr:        []string{os.Args[1]},
		Protocol:    clickhouse.HTTP,
		Auth:        clickhouse.Auth{Database: "default", Username: "default"},
		Compression: &clickhouse.Compression{Method: clickhouse.CompressionGZIP, Level: 1},
		DialTimeout: 10 * time.Second,
		ReadTimeout: 60 * time.Second,
	})
	if err != nil {
		panic(err)
	}
	ctx := clickhouse.Context(context.Background(), clickhouse.WithSettings(clickhouse.Settings{"max_execution_time": 60}))
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<24)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var q query
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		if err := out.Encode(run(ctx, db, q)); err != nil {
			panic(err)
		}
	}
}
