//! Runs a request so that its batches hold all the keys they can.
//!
//! The library's loader sends a batch off a millisecond after its first key, on another thread: how many statements a page takes
//! would depend on how busy the machine is. Here the batches of a request run in the request's own task, and only when nothing else
//! of the request can go on; so a page of a hundred rows takes as many statements as a page of five.

use async_graphql::{Request, Response};
use futures_util::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::FuturesUnordered,
    task::{ArcWake, waker},
};
use std::{
    future::poll_fn,
    mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use crate::graphql::CatalogSchema;

/// How often a request that wakes itself is polled again before others get their turn.
const TURNS: u32 = 64;

type Tasks = Mutex<Vec<BoxFuture<'static, ()>>>;

tokio::task_local! {
    static WAITING: Arc<Tasks>;
}

/// Keeps a batch until its request has nothing else to do. Outside a request it runs at once.
pub(super) fn later(batch: BoxFuture<'static, ()>) {
    let mut batch = Some(batch);
    let kept = WAITING.try_with(|waiting| waiting.lock().unwrap_or_else(PoisonError::into_inner).extend(batch.take()));
    if kept.is_err()
        && let Some(batch) = batch
    {
        tokio::spawn(batch);
    }
}

/// Executes a request.
pub async fn execute(schema: CatalogSchema, request: Request) -> Response {
    let waiting = Arc::new(Tasks::default());
    WAITING.scope(Arc::clone(&waiting), drive(schema.execute(request).boxed(), waiting)).await
}

async fn drive(mut main: BoxFuture<'_, Response>, waiting: Arc<Tasks>) -> Response {
    let mut batches = FuturesUnordered::new();
    let woken = Arc::new(Woken::default());
    poll_fn(move |context| {
        woken.pass_on(context.waker());
        let main_waker = waker(Arc::clone(&woken));
        for _ in 0..TURNS {
            woken.again.store(false, Ordering::SeqCst);
            if let Poll::Ready(response) = main.poll_unpin(&mut Context::from_waker(&main_waker)) {
                return Poll::Ready(response);
            }
            if woken.again.load(Ordering::SeqCst) {
                continue;
            }
            batches.extend(mem::take(&mut *waiting.lock().unwrap_or_else(PoisonError::into_inner)));
            while let Poll::Ready(Some(())) = batches.poll_next_unpin(context) {}
            if !woken.again.load(Ordering::SeqCst) {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// Notes that the request can go on, and tells the task.
#[derive(Default)]
struct Woken {
    again: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl Woken {
    fn pass_on(&self, task: &Waker) {
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.clone());
    }
}

impl ArcWake for Woken {
    fn wake_by_ref(this: &Arc<Self>) {
        this.again.store(true, Ordering::SeqCst);
        if let Some(task) = &*this.task.lock().unwrap_or_else(PoisonError::into_inner) {
            task.wake_by_ref();
        }
    }
}
