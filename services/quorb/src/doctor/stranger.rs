//! Servers that are no brokers: what they may be.

use std::time::Duration;

use super::line::{Line, Target, Trouble};
use crate::limits::{STRANGER_BYTES_SHOWN_MAX, STRANGER_WAIT_MAX};

/// What speaks like this.
pub(super) fn guess(octets: &[u8]) -> String {
    let known: [(&[u8], &str); 9] = [
        (b"HTTP/", "an HTTP server"),
        (b"SSH-", "an SSH server"),
        (b"220", "a mail or FTP server"),
        (b"+OK", "a POP3 server"),
        (b"* OK", "an IMAP server"),
        (b"-ERR", "a Redis server"),
        (b"\x15\x03", "a TLS server"),
        (b"GIOP", "a GIOP broker"),
        (b"QUORB", "a Quorb broker"),
    ];
    match known.iter().find(|(prefix, _)| octets.starts_with(prefix)) {
        Some((_, name)) => format!("{name} answers"),
        None => {
            let shown = &octets[..octets.len().min(STRANGER_BYTES_SHOWN_MAX)];
            format!("a stranger answers: \"{}\"", shown.escape_ascii())
        }
    }
}

/// Says something to a server that understands no broker's words. Most servers of text answer an empty line or a request
/// for a page; the rest stays a riddle.
pub(super) async fn provoke(target: &Target, limit: Duration) -> Option<String> {
    let answer = async {
        let mut line = Line::open(target, limit.min(STRANGER_WAIT_MAX)).await?;
        line.say(b"GET / HTTP/1.0\r\n\r\n").await?;
        line.hear().await?;
        Ok::<_, Trouble>(guess(&line.input))
    };
    answer.await.ok()
}

#[cfg(test)]
mod tests {
    use super::guess;

    #[test]
    fn strangers_are_called_by_their_name_or_quoted() {
        assert_eq!(guess(b"HTTP/1.1 400 Bad Request\r\n"), "an HTTP server answers");
        assert_eq!(guess(b"\x15\x03\x01\0\x02\x02\x46"), "a TLS server answers");
        assert_eq!(
            guess(b"hello\x07 and more than will be shown"),
            "a stranger answers: \"hello\\x07 and more than wil\""
        );
    }
}
