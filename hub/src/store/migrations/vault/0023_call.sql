-- By which name the carrier knows the call of a try, sealed, while the try is under way: a hub that died is
-- asked for it by whoever takes the try over. Nothing of it is kept once the try is over.
ALTER TABLE attempt ADD COLUMN sealed_call {bytes};
