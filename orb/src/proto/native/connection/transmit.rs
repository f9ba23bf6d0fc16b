//! From what is queued to octets for the socket.

use super::super::control::encode_credit;
use super::super::frame::{FRAME_HEADER_BYTES, FrameKind};
use super::super::output::OutBuffer;
use super::Connection;
use super::inbound::Serving;
use super::outbound::ReplyPhase;

impl Connection {
    /// Whether [`transmit`](Self::transmit) has anything to yield.
    pub fn has_output(&self) -> bool {
        let steering = self.pong_due.is_some() || self.assemblies.has_grant();
        !self.pending.is_empty() || self.bodies.has_ready() || (steering && !self.is_closed())
    }

    /// Moves output into `out`, which must be written completely before the next time; as long as it is not, nothing
    /// happens. First all queued frames; then chunks of bodies, in turn, up to about `transmit_bytes` octets: a frame
    /// that is queued meanwhile waits for no more than that.
    pub fn transmit(&mut self, out: &mut OutBuffer) {
        if !out.is_empty() {
            return;
        }
        if !self.is_closed() {
            self.queue_steering_frames();
        }
        std::mem::swap(&mut self.pending, out);
        self.replies_pending = 0;
        let queued = out.len();
        let chunk_bytes = self.limits.chunk_bytes.min(self.peer.frame_bytes_max - FRAME_HEADER_BYTES as u32);
        while out.len() - queued < self.limits.transmit_bytes as usize {
            let Some(sent) = self.bodies.send_chunk(chunk_bytes, out) else {
                break;
            };
            if sent.last {
                self.end_of_sent_body(sent.id, self.handed + out.len() as u64);
            }
        }
        self.handed += out.len() as u64;
    }

    /// PONG and CREDIT are made when they can be sent: however many the peer provokes, they do not pile up.
    fn queue_steering_frames(&mut self) {
        if let Some(number) = self.pong_due.take() {
            self.send_bare(FrameKind::PONG, number);
        }
        while let Some((id, granted)) = self.assemblies.next_grant() {
            self.pending.append(FRAME_HEADER_BYTES + 8, |out| encode_credit(id, granted, out));
        }
    }

    /// The last chunk of a body ends at the position `end` of the output.
    fn end_of_sent_body(&mut self, id: u64, end: u64) {
        if self.is_ours(id) {
            if let Some(call) = self.outbound.get_mut(id) {
                call.sending = false;
                call.end = end;
                if matches!(call.reply, ReplyPhase::None) {
                    self.outbound.remove(id);
                }
            }
        } else if let Some(call) = self.inbound.get_mut(id) {
            if call.arriving {
                call.serving = Serving::Over { reply_end: end };
            } else {
                self.inbound.remove(id);
            }
        }
    }
}
