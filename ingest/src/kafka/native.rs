//! The one place that speaks to librdkafka's C interface: messages in batches, with headers that cannot panic.
//!
//! The safe wrapper hands over one message per call, with a clock read, an event and an allocation each: twice the
//! cost per message of a whole batch taken from a queue. And its header accessor panics on a name that is not UTF-8,
//! which would let one bad message stop a partition for good. So the data of owned partitions is redirected to a queue
//! of our own ([`BatchConsumer::redirect`]), which is emptied in batches ([`BatchConsumer::take`]), while rebalances,
//! errors of the client and statistics keep coming by the safe wrapper's poll. Since events do not stand behind
//! messages, a source that reads no messages for a while still serves the group; librdkafka stops fetching when its
//! bounded queue is full.
//!
//! A message that arrived before its partition was taken away, and is taken afterwards, is dropped by librdkafka.
#![expect(
    unsafe_code,
    reason = "rdkafka has no batch poll, and its header accessor panics on names that are not UTF-8"
)]

use crossbeam_channel::{RecvTimeoutError, bounded};
use rdkafka::bindings as c;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::BorrowedMessage;
use std::ffi::{CStr, CString};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::time::Duration;

/// Messages per batch.
const BATCH: usize = 256;
/// How long closing may take: a group that answers is left in less than a second.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);

/// A consumer and the queue that the data of its partitions goes to.
pub(crate) struct BatchConsumer<C: ConsumerContext + 'static> {
    queue: NonNull<c::rd_kafka_queue_t>,
    taken: Vec<*mut c::rd_kafka_message_t>,
    consumer: ManuallyDrop<BaseConsumer<C>>,
}

// SAFETY: librdkafka's handles may be used from any thread; `taken` is only used through `&mut self` and is empty
// whenever no `Batch` borrows it.
unsafe impl<C: ConsumerContext + 'static> Send for BatchConsumer<C> {}

impl<C: ConsumerContext + 'static> BatchConsumer<C> {
    /// Wraps a consumer; `None` when librdkafka has no memory for a queue.
    pub(crate) fn new(consumer: BaseConsumer<C>) -> Option<Self> {
        // SAFETY: the client is alive; the queue is destroyed in `drop`, before the client.
        let queue = NonNull::new(unsafe { c::rd_kafka_queue_new(consumer.client().native_ptr()) })?;
        Some(Self { queue, taken: Vec::with_capacity(BATCH), consumer: ManuallyDrop::new(consumer) })
    }

    /// The consumer.
    pub(crate) fn consumer(&self) -> &BaseConsumer<C> {
        &self.consumer
    }

    /// Sends what will be fetched of a partition to [`BatchConsumer::take`]; to be called before it is assigned, and
    /// again for every assignment. Whether the partition could be found.
    pub(crate) fn redirect(&self, topic: &str, partition: i32) -> Redirected {
        let Ok(topic) = CString::new(topic) else { return Redirected::No };
        // SAFETY: client and name are alive; the queue handle that is returned is ours to destroy, and forwarding keeps
        // its own reference to the target.
        unsafe {
            let source =
                c::rd_kafka_queue_get_partition(self.consumer.client().native_ptr(), topic.as_ptr(), partition);
            if source.is_null() {
                return Redirected::No;
            }
            c::rd_kafka_queue_forward(source, self.queue.as_ptr());
            c::rd_kafka_queue_destroy(source);
        }
        Redirected::Yes
    }

    /// Takes messages that are there, waiting up to `wait` for the first; empty when none came.
    pub(crate) fn take(&mut self, wait: Duration) -> Batch<'_> {
        let mut count = self.fill(0, BATCH, Duration::ZERO);
        if count == 0 && !wait.is_zero() {
            // A batch is returned only when it is full or the time is over, so the wait is for one message.
            count = self.fill(0, 1, wait);
            if count == 1 {
                count += self.fill(1, BATCH - 1, Duration::ZERO);
            }
        }
        // SAFETY: `fill` wrote the first `count` places, which lie within the capacity.
        unsafe { self.taken.set_len(count) };
        Batch { messages: self.taken.drain(..) }
    }

    fn fill(&mut self, from: usize, size: usize, wait: Duration) -> usize {
        let millis = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        self.taken.reserve(BATCH);
        // SAFETY: `from + size <= BATCH <= capacity`, so librdkafka writes within the allocation; the queue is alive.
        let count = unsafe {
            c::rd_kafka_consume_batch_queue(self.queue.as_ptr(), millis, self.taken.as_mut_ptr().add(from), size)
        };
        usize::try_from(count).unwrap_or(0)
    }
}

impl<C: ConsumerContext + 'static> Drop for BatchConsumer<C> {
    fn drop(&mut self) {
        // SAFETY: created in `new`, used nowhere after this; what it still holds is freed with it, and the consumer,
        // which must outlive it, is dropped afterwards.
        unsafe { c::rd_kafka_queue_destroy(self.queue.as_ptr()) };
        // SAFETY: taken here only, and nothing uses it afterwards.
        close(unsafe { ManuallyDrop::take(&mut self.consumer) });
    }
}

/// Closes a consumer, which leaves its group. Where no broker answers librdkafka may wait for ever, and a process that is
/// told to stop must not: the rest is then left to a thread of its own and to the end of the process.
fn close<C: ConsumerContext + 'static>(consumer: BaseConsumer<C>) {
    let (tell, told) = bounded::<()>(1);
    let closing = std::thread::Builder::new().name("kafka-closing".to_owned()).spawn(move || {
        drop(consumer);
        drop(tell);
    });
    // Without a thread the consumer was closed on the spot.
    if closing.is_ok() && told.recv_timeout(CLOSE_WITHIN) == Err(RecvTimeoutError::Timeout) {
        tracing::warn!("kafka: no broker answers; the group is left without a word and notices when the session ends");
    }
}

/// Whether a partition's data now comes in batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Redirected {
    Yes,
    /// It comes by the consumer's own poll.
    No,
}

/// Messages that were taken. Those that are not iterated over are freed with it, unread.
pub(crate) struct Batch<'q> {
    messages: std::vec::Drain<'q, *mut c::rd_kafka_message_t>,
}

impl<'q> Iterator for Batch<'q> {
    type Item = Taken<'q>;

    fn next(&mut self) -> Option<Self::Item> {
        self.messages.next().map(|message| Taken { message, queue: PhantomData })
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        while self.next().is_some() {}
    }
}

/// A message, or the error of a partition, owned by us and freed when dropped.
pub(crate) struct Taken<'q> {
    message: *mut c::rd_kafka_message_t,
    queue: PhantomData<&'q ()>,
}

impl Taken<'_> {
    pub(crate) fn view(&self) -> MessageView<'_> {
        // SAFETY: librdkafka returned the pointer and the message lives until `drop`.
        MessageView { message: unsafe { &*self.message } }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        // SAFETY: each pointer is wrapped once and not used after this.
        unsafe { c::rd_kafka_message_destroy(self.message) };
    }
}

/// A look at a message, however it came.
#[derive(Clone, Copy)]
pub(crate) struct MessageView<'m> {
    message: &'m c::rd_kafka_message_t,
}

impl<'m> MessageView<'m> {
    /// A message of the safe wrapper's poll.
    pub(crate) fn of(message: &'m BorrowedMessage<'_>) -> Self {
        // SAFETY: the wrapper keeps the message alive as long as it is borrowed.
        Self { message: unsafe { &*message.ptr() } }
    }

    /// The partition's error, when this is one instead of a message.
    pub(crate) fn error(self) -> Option<RDKafkaErrorCode> {
        let code = self.message.err;
        (code != c::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| code.into())
    }

    /// What stands for the topic as long as it is assigned.
    pub(crate) fn topic_handle(self) -> usize {
        self.message.rkt as usize
    }

    /// The topic; empty when its name is not UTF-8, which Kafka does not allow.
    pub(crate) fn topic(self) -> &'m str {
        if self.message.rkt.is_null() {
            return "";
        }
        // SAFETY: the message holds a reference to its topic, whose name ends with a NUL.
        let name = unsafe { CStr::from_ptr(c::rd_kafka_topic_name(self.message.rkt)) };
        name.to_str().unwrap_or_default()
    }

    pub(crate) fn partition(self) -> i32 {
        self.message.partition
    }

    pub(crate) fn offset(self) -> i64 {
        self.message.offset
    }

    pub(crate) fn key(self) -> Option<&'m [u8]> {
        bytes(self.message.key.cast(), self.message.key_len)
    }

    /// The value; for an error its text.
    pub(crate) fn payload(self) -> Option<&'m [u8]> {
        bytes(self.message.payload.cast(), self.message.len)
    }

    /// Milliseconds since 1970, `None` when the broker gave none.
    pub(crate) fn timestamp_ms(self) -> Option<i64> {
        let mut kind = c::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: reads a field of the message, which is alive.
        let millis = unsafe { c::rd_kafka_message_timestamp(self.message, &raw mut kind) };
        let known = kind != c::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        (known && millis >= 0).then_some(millis)
    }

    /// Header names and values in order. A header without a value, or with a name that is not UTF-8, is left out.
    /// Nothing is allocated for a message without headers.
    pub(crate) fn headers(self) -> Vec<(&'m str, &'m [u8])> {
        let mut list: *mut c::rd_kafka_headers_t = ptr::null_mut();
        // SAFETY: the message is alive; the list that is parsed on first use is kept and freed with the message.
        let found = unsafe { c::rd_kafka_message_headers(self.message, &raw mut list) };
        let mut headers = Vec::new();
        if found != c::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR || list.is_null() {
            return headers;
        }
        for index in 0.. {
            let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0_usize);
            // SAFETY: the list is alive; an index past its end is answered with an error.
            let found =
                unsafe { c::rd_kafka_header_get_all(list, index, &raw mut name, &raw mut value, &raw mut size) };
            if found != c::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                break;
            }
            let Some(value) = bytes(value.cast(), size).filter(|_| !name.is_null()) else { continue };
            // SAFETY: names end with a NUL and live as long as the message.
            if let Ok(name) = unsafe { CStr::from_ptr(name) }.to_str() {
                headers.push((name, value));
            }
        }
        headers
    }
}

/// Bytes that librdkafka keeps as long as the message that `'m` borrows.
fn bytes<'m>(start: *const u8, size: usize) -> Option<&'m [u8]> {
    // SAFETY: every caller passes start and size of one field of a message that lives for 'm.
    (!start.is_null()).then(|| unsafe { std::slice::from_raw_parts(start, size) })
}
