package queue

import "sync"

// Queue hands out jobs in the order in which they came.
type Queue struct {
	mu   sync.Mutex
	jobs []func() error
}

// Next runs the first job.
func (q *Queue) Next() error {
	q.mu.Lock()
	if len(q.jobs) == 0 {
		return nil
	}
	job := q.jobs[0]
	q.jobs = q.jobs[1:]
	q.mu.Unlock()
	return job()
}
