//! The servant of `Torture::Echo`.

use std::sync::atomic::{AtomicI32, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use grid::server::Board;
use grid::{GridProxy, GridServant};
use quorb::{
    Completion as Completed, ExceptionKind, Fault, Minor, ObjectRef, Orb, Proxy, SystemException, WChar,
    WString,
};

use super::bottom::Bedrock;
use super::forwarder::Forwarder;
use super::gate::Gate;
use super::types::{
    Choice, Colour, Completion, Either, Entries, FewLongs, Matrix, Plain, Point, Reason, Record, Rich, Shape,
    ShortText,
};
use super::{BottomProxy, BottomServant, CallbackProxy, Echo, EchoProxy, EchoServant};

/// Returns what it is given.
#[derive(Debug)]
pub struct Reflector {
    orb: Orb,
    shared: Arc<Shared>,
    label: String,
    favourite: Record,
}

/// What remains in the hands of who serves a reflector.
#[derive(Debug)]
struct Shared {
    /// Set once it is activated.
    own: OnceLock<EchoProxy>,
    gate: Gate,
    calls: AtomicI32,
    posted: AtomicI64,
}

/// Lets the waiting calls of a served reflector return.
#[derive(Debug)]
pub struct Ending(Arc<Shared>);

impl Ending {
    /// Lets all calls return that wait for something, now and from now on.
    pub fn end(&self) {
        self.0.gate.end();
    }
}

impl Reflector {
    /// Activates a reflector as the persistent object `id`.
    ///
    /// # Errors
    /// Those of [`Orb::serve`].
    pub fn serve(orb: &Orb, id: &str) -> Result<(EchoProxy, Ending), SystemException> {
        let shared = Arc::new(Shared {
            own: OnceLock::new(),
            gate: Gate::new(),
            calls: AtomicI32::new(0),
            posted: AtomicI64::new(0),
        });
        let favourite = Record {
            tag: 0,
            name: String::new(),
            at: Point { x: 0, y: 0.0 },
            visible: false,
            values: Vec::new(),
            paint: Colour::Red,
            notes: Vec::new(),
            rank: 0,
            serial: 0,
        };
        let reflector =
            Reflector { orb: orb.clone(), shared: shared.clone(), label: String::new(), favourite };
        let proxy = orb.serve(id, EchoServant::new(reflector))?;
        // Nobody else sets it.
        let _ = shared.own.set(proxy.clone());
        Ok((proxy, Ending(shared)))
    }

    fn own(&self) -> EchoProxy {
        self.shared.own.get().cloned().unwrap_or_else(EchoProxy::nil)
    }
}

fn bad_parameter() -> Fault {
    SystemException::new(ExceptionKind::BadParam, Minor::UNSPECIFIED, Completed::No).into()
}

impl Echo for Reflector {
    fn echo_short(&self, value: i16) -> i16 {
        value
    }

    fn echo_long(&self, value: i32) -> i32 {
        self.shared.calls.fetch_add(1, Ordering::Relaxed);
        value
    }

    fn echo_long_long(&self, value: i64) -> i64 {
        value
    }

    fn echo_octet(&self, value: u8) -> u8 {
        value
    }

    fn echo_unsigned_short(&self, value: u16) -> u16 {
        value
    }

    fn echo_unsigned_long(&self, value: u32) -> u32 {
        value
    }

    fn echo_unsigned_long_long(&self, value: u64) -> u64 {
        value
    }

    fn echo_float(&self, value: f32) -> f32 {
        value
    }

    fn echo_double(&self, value: f64) -> f64 {
        value
    }

    fn echo_boolean(&self, value: bool) -> bool {
        value
    }

    fn echo_char(&self, value: char) -> char {
        value
    }

    fn echo_wchar(&self, value: WChar) -> WChar {
        value
    }

    fn echo_string(&self, value: &str) -> String {
        value.to_owned()
    }

    fn echo_wstring(&self, value: WString) -> WString {
        value
    }

    fn echo_short_text(&self, value: ShortText) -> ShortText {
        value
    }

    fn echo_few_longs(&self, value: &FewLongs) -> FewLongs {
        value.clone()
    }

    fn echo_octets(&self, value: Vec<u8>) -> Vec<u8> {
        value
    }

    fn echo_longs(&self, value: &[i32]) -> Vec<i32> {
        value.to_vec()
    }

    fn echo_doubles(&self, value: &[f64]) -> Vec<f64> {
        value.to_vec()
    }

    fn echo_strings(&self, value: Vec<String>) -> Vec<String> {
        value
    }

    fn echo_long_table(&self, value: Vec<Vec<i32>>) -> Vec<Vec<i32>> {
        value
    }

    fn echo_matrix(&self, value: Matrix) -> Matrix {
        value
    }

    fn echo_point(&self, value: Point) -> Point {
        value
    }

    fn echo_record(&self, value: &Record) -> Record {
        value.clone()
    }

    fn echo_records(&self, value: Vec<Record>) -> Vec<Record> {
        value
    }

    fn echo_colour(&self, value: Colour) -> Colour {
        value
    }

    fn echo_shape(&self, value: Shape) -> Shape {
        value
    }

    fn echo_shapes(&self, value: Vec<Shape>) -> Vec<Shape> {
        value
    }

    fn echo_choice(&self, value: Choice) -> Choice {
        value
    }

    fn echo_maybe_long(&self, value: Option<i32>) -> Option<i32> {
        value
    }

    fn echo_maybe_record(&self, value: Option<Record>) -> Option<Record> {
        value
    }

    fn echo_entries(&self, value: Entries) -> Entries {
        value
    }

    fn echo_self_type(&self, value: EchoProxy) -> EchoProxy {
        value
    }

    fn echo_grid(&self, value: GridProxy) -> GridProxy {
        value
    }

    fn echo_object(&self, value: ObjectRef) -> ObjectRef {
        value
    }

    fn make_grid(&self, height: i16, width: i16) -> Result<GridProxy, Fault> {
        if height < 0 || width < 0 {
            return Err(bad_parameter());
        }
        Ok(self.orb.adapter().activate(GridServant::new(Board::new(height, width))))
    }

    fn make_bottom(&self, title: &str) -> BottomProxy {
        self.orb.adapter().activate(BottomServant::new(Bedrock::new(title)))
    }

    async fn call_back(&self, target: CallbackProxy, depth: i32) -> Result<i32, Fault> {
        if depth <= 0 {
            return Ok(0);
        }
        Ok(target.bounce(depth - 1, self.own()).await? + 1)
    }

    fn split(&self, value: i32, by: i32) -> Result<(i32, i32), Fault> {
        let quotient = value.checked_div(by).ok_or_else(bad_parameter)?;
        Ok((quotient, value % by))
    }

    fn rotate(&self, rounds: i32, first: &mut String, second: &mut String, third: &mut String) -> i32 {
        // Three rounds are none.
        for _ in 0..rounds.max(0) % 3 {
            std::mem::swap(first, second);
            std::mem::swap(second, third);
        }
        rounds.wrapping_add(1)
    }

    fn gather(&self, name: &str, item: &mut Record, items: &mut Vec<Record>) -> (u8, Colour, Vec<f64>) {
        items.push(item.clone());
        item.name = name.to_owned();
        (item.tag, item.paint, vec![f64::from(item.at.x), item.at.y])
    }

    fn only_out(&self) -> ((), String, u64, Matrix) {
        ((), "only out".to_owned(), 0xfedc_ba98_7654_3210, [[0, 1], [2, 3], [4, 5]])
    }

    fn label(&self) -> String {
        self.label.clone()
    }

    fn set_label(&mut self, value: String) {
        self.label = value;
    }

    fn favourite(&self) -> Record {
        self.favourite.clone()
    }

    fn set_favourite(&mut self, value: Record) {
        self.favourite = value;
    }

    fn ratio(&self) -> f64 {
        0.1
    }

    fn raise_plain(&self) -> Result<(), Plain> {
        Err(Plain)
    }

    fn raise_reason(&self, text: &str) -> Result<(), Reason> {
        Err(Reason { text: text.to_owned() })
    }

    fn raise_rich(&self, text: &str, values: &[i32], item: Record) -> Result<i32, Rich> {
        Err(Rich {
            text: text.to_owned(),
            values: values.to_vec(),
            at: item.at.clone(),
            paint: item.paint,
            tag: item.tag,
            group: vec![item],
        })
    }

    fn raise_either(&self, which: i32) -> Result<i32, Either> {
        Err(match which {
            0 => return Ok(7),
            1 => Plain.into(),
            2 => Reason { text: "either".to_owned() }.into(),
            other => Rich {
                text: "either".to_owned(),
                values: Vec::new(),
                at: Point { x: 0, y: 0.0 },
                paint: Colour::Blue,
                group: Vec::new(),
                // As a conversion to an octet does it.
                tag: other.to_le_bytes()[0],
            }
            .into(),
        })
    }

    fn raise_system(&self, number: u32, minor: u32, completed: Completion) -> Result<(), Fault> {
        let kind = usize::try_from(number).ok().and_then(|number| system_exceptions().get(number));
        match kind {
            Some(&kind) => Err(SystemException::new(kind, Minor(minor), completed.into()).into()),
            None => Err(bad_parameter()),
        }
    }

    fn make_octets(&self, length: u32, first: u8) -> Vec<u8> {
        let cycle = (0..251u8).cycle().skip(usize::from(first % 251));
        cycle.take(length as usize).collect()
    }

    fn post(&self, value: i32) {
        self.shared.posted.fetch_add(value.into(), Ordering::Relaxed);
    }

    fn posted(&self) -> i64 {
        self.shared.posted.load(Ordering::Relaxed)
    }

    async fn slow(&self, ms: u32) {
        self.shared.gate.pause(Duration::from_millis(ms.into())).await;
    }

    async fn hold(&self) {
        self.shared.gate.wait().await;
    }

    fn held(&self) -> u32 {
        self.shared.gate.count()
    }

    fn release(&self) -> u32 {
        self.shared.gate.open()
    }

    fn calls(&self) -> i32 {
        self.shared.calls.load(Ordering::Relaxed)
    }

    fn forwarded(&self, target: EchoProxy, permanent: bool) -> Result<EchoProxy, Fault> {
        if target.object().is_nil() {
            return Err(bad_parameter());
        }
        let forwarder = Forwarder::new(permanent);
        forwarder.forward_to(target.object().clone());
        Ok(self.orb.adapter().activate(forwarder))
    }
}

/// The system exceptions by the numbers of `raise_system`: those that omniORB 4.2 knows, which are the first of ours.
pub(crate) fn system_exceptions() -> &'static [ExceptionKind] {
    let count =
        ExceptionKind::ALL.iter().position(|&kind| kind == ExceptionKind::BadQos).map_or(0, |last| last + 1);
    &ExceptionKind::ALL[..count]
}
