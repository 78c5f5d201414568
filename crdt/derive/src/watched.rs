use proc_macro2::TokenStream;
use quote::quote;
use syn::{Result, parse_quote};

use crate::changes::Types;
use crate::record::Record;
use crate::store::replica;

pub(crate) fn derive(record: &Record<'_>) -> Result<TokenStream> {
    let replica = replica(record)?;
    let name = &record.input.ident;
    let (generics, arguments, _) = record.generics().split_for_impl();
    let causal = quote!(::glomers_crdt::causal);
    let derived = quote!(#causal::__derived);
    let watched = quote!(#causal::Watched<#replica>);
    let mut bounds = record.bounds(&watched);
    bounds.predicates.push(parse_quote!(#replica: ::core::cmp::Ord + ::core::clone::Clone));
    let members: Vec<_> = record.members().collect();
    let of: Vec<_> = record.fields.iter().map(|(_, field)| &field.ty).collect();
    let types = Types::new(record);
    let declared = types.declared();
    let Types { view, change, variants, .. } = types;
    let fields =
        members.iter().rev().fold(quote!(()), |rest, member| quote!((&mut self.#member, #rest)));
    let (first, rest) = (quote!(#causal::OneOf::First), quote!(#causal::OneOf::Rest));
    let news = (0..members.len()).map(|at| Record::nested(at, &first, &rest, &quote!(news)));
    let none = (0..members.len()).fold(quote!(none), |none, _| quote!(#rest(#none)));
    Ok(quote! {
        #declared

        #[automatically_derived]
        impl #generics #watched for #name #arguments #bounds {
            type Shown = #view<#(<#of as #watched>::Shown),*>;
            type News = #change<#(<#of as #watched>::News),*>;

            fn shown(&self) -> Self::Shown {
                #view { #(#members: <_ as #watched>::shown(&self.#members)),* }
            }

            fn apply_each(
                &mut self,
                changes: #derived::Changes<
                    #replica,
                    <Self as #derived::View<#replica>>::Payload,
                >,
                each: &mut dyn FnMut(Self::News),
            ) {
                <_ as #derived::FieldsWatched<#replica>>::apply_each(
                    #fields,
                    changes,
                    &mut |news| match news {
                        #(#news => each(#change::#variants(news)),)*
                        #none => match none {},
                    },
                );
            }
        }
    })
}
